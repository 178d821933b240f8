"""The verbs that open an instruction; a person extends them by adding a word."""

# ruff: noqa: E501, SIM905 – tables: words with spaces between

from __future__ import annotations

import re

VERBS = frozenset(
    "access activate add alert analyse analyze apply approve assess backup block build cancel capture check clean clear click clone close collect communicate "
    "compare complete confirm connect contact copy create declare decide delete deploy detach detect determine disable disconnect document download drain "
    "checkout reinstall recreate reapply redirect edit enable enter ensure escalate evaluate execute export fetch file filter find follow gather get go halt handle identify import inform initiate inspect "
    "install investigate isolate keep kill launch list load locate lock log login look make manually mark merge migrate monitor move navigate note notify open paste "
    "pause perform prepare publish pull purge push put read rebuild record redeploy redirect refresh reload remove rename repeat replace report reset restart resume retrieve "
    "retry return review rotate run save scale schedule scp select send set shift ship shut smoke ssh start stop submit suspend switch sync tag take tell terminate test "
    "toggle transfer trigger turn type undo uninstall unlock unpublish update upload use validate verify view visit wait warm watch write "
    "ask call click press choose give mount recycle reschedule rerun reseed reindex select specify swap unset "
    "coordinate plan abort accept acquire adjust allow announce assign attach await bring broadcast bump change choose commit consult continue convert cordon delegate configure reconfigure deprecate yank flush invalidate renew wipe patch provision generate force increase decrease limit rerun evict reboot reclaim repoint reroute "
    "promote demote flip pin unpin retag freeze unfreeze quiesce silence mute resync bounce hold inspect shrink expand rebase cherry-pick".split()
)
"""Imperatives that open a step; words of going back are missing on purpose, they open the names of procedures."""
FOREIGN = frozenset(
    # French, Spanish, Portuguese, German, Italian: the infinitive, and the imperative where plans use it
    "activer ajouter appeler appliquer arrêter arreter arrêtez attendre avertir basculer bloquer changer charger choisir confirmer configurer consulter contacter copier couper créer "
    "démarrer demarrer désactiver desactiver déployer deployer diriger éditer effacer envoyer exécuter executer exécutez fermer forcer identifier informer installer isoler lancer lancez lister "
    "mettre modifier noter notifier ouvrir ouvrez passer prévenir prendre purger recharger redémarrer redemarrer redémarrez rediriger relancer remettre remplacer retirer saisir sauvegarder "
    "sélectionner supprimer surveiller suspendre tester tuer utiliser valider vérifier verifier vérifiez vider "
    "abrir activar actualizar agregar añadir aplicar apagar avisar borrar cambiar cargar comprobar comunicar confirmar conectar configurar contactar copiar crear cerrar decidir desactivar desplegar "
    "detener deshabilitar documentar editar ejecutar ejecute eliminar enviar escalar esperar establecer forzar guardar habilitar identificar iniciar informar instalar ir limpiar llamar mantener modificar monitorear "
    "mover notificar parar pausar quitar realizar reconstruir redirigir reemplazar registrar reiniciar revisar seleccionar subir suspender usar validar verificar verifique ver "
    "adicionar alterar anotar apagar aguardar atualizar baixar carregar colocar comunicar conferir desabilitar desativar desligar enviar escolher executar excluir fazer fechar habilitar implantar ligar limpar "
    "matar mudar parar pare reconstruir redirecionar remover reiniciar salvar selecionar substituir testar trocar "
    "aktivieren aktualisieren ändern anhalten anlegen ausführen ausschalten auswählen beenden benachrichtigen bestätigen deaktivieren dokumentieren einspielen einschalten entfernen erstellen "
    "führen führe hochfahren informieren installieren kopieren leeren löschen melden neustarten öffnen prüfen prüfe setzen setze sichern sperren starten starte stoppen stoppe testen überprüfen umleiten umschalten verbinden "
    "warten warte wechseln wählen "
    "attivare aggiornare aprire arrestare avviare avvisare cambiare cancellare confermare controllare copiare creare disattivare eliminare eseguire fermare impostare inviare modificare notificare "
    "riavviare rimuovere selezionare sostituire spegnere verificare".split()
)
HAN = re.compile(
    "(立即|首先|然后|先|再|最后|请)?(修改|更新|设置|编辑|重启|重新|停止|启动|关闭|打开|开启|禁用|启用|切换|删除|移除|执行|运行|检查|确认|验证|通知|联系|备份|查看|选择|"
    "登录|进入|点击|添加|创建|部署|暂停|等待|拉取|推送|清理|清除|清空|停用|替换|复制|导入|导出|记录|上报|隔离|監視|確認|停止|起動|再起動|実行|変更|更新|削除|無効|有効|切り替え)"
)
"""The same in Chinese and Japanese, which put no space behind the verb."""
BACK_VERB = re.compile(
    r"(roll ?back|rollback|revert|restore|undo|downgrade|recover|re-?deploy|re-?install|re-?enable|re-?start|reverse"
    r"|restaurer|restaurez|rétablir|revenir|revenez|annuler|annulez|repasser|remettre|restaurar|restaure|revertir|revierta|volver|deshacer"
    r"|reverter|voltar|desfazer|zurücksetzen|zurückrollen|wiederherstellen|ripristinare|annullare)\b(?! (is|was|has|plan|procedure|steps?)\b)"
    r"|(回滚|回退|恢复|还原|撤销)(?!步骤|流程|方案|计划|策略|程序|操作|命令|脚本|触发|条件|前|后|时|测试|演练)"
)
"""An instruction to go back."""

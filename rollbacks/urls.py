from django.urls import path

from rollbacks.views import confirm, dry_run, output, runs, services, settle, steps, targets

urlpatterns = [
    path("services/", services.services, name="services"),
    path("services/new/", services.add_service, name="add-service"),
    path("services/<slug:slug>/", services.change_service, name="change-service"),
    path("environments/new/", services.add_environment, name="add-environment"),
    path("environments/<slug:slug>/", services.change_environment, name="change-environment"),
    path("targets/", targets.targets, name="targets"),
    path("targets/new/", targets.new_target, name="new-target"),
    path("targets/<int:pk>/", targets.target, name="target"),
    path("targets/<int:pk>/connection/", targets.test_connection, name="test-connection"),
    path("targets/<int:pk>/connection/answer/", targets.connection_part, name="connection-answer"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/confirm/", confirm.confirm, name="confirm-run"),
    path("runs/<int:pk>/start/", confirm.start, name="run-start"),
    path("runs/<int:pk>/parameters/", confirm.parameters, name="run-parameters"),
    path("runs/<int:pk>/approval/", confirm.approval, name="run-approval"),
    path("runs/<int:pk>/dry-run/", dry_run.dry_run, name="run-dry-run"),
    path("runs/<int:pk>/discard/", confirm.discard, name="run-discard"),
    path("runs/<int:pk>/stop/", runs.stop, name="run-stop"),
    path("runs/<int:pk>/pause/", runs.pause, name="run-pause"),
    path("runs/<int:pk>/resumption/", runs.resumption, name="run-resumption"),
    path("runs/<int:pk>/undo/", runs.undo, name="run-undo"),
    path("runs/<int:pk>/log/", output.log, name="run-log"),
    path("runs/<int:pk>/steps/<int:step_pk>/output/", output.output, name="run-output"),
    path("runs/<int:pk>/steps/<int:step_pk>/confirmation/", steps.confirmation, name="step-confirmation"),
    path("runs/<int:pk>/steps/<int:step_pk>/approval/", steps.approval, name="step-approval"),
    path("runs/<int:pk>/steps/<int:step_pk>/retry/", steps.retry, name="step-retry"),
    path("runs/<int:pk>/steps/<int:step_pk>/skip/", steps.skip, name="step-skip"),
    path("runs/<int:pk>/steps/<int:step_pk>/settlement/", settle.settle, name="settle"),
]

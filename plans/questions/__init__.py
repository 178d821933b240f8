"""What a person must still say before a plan can run: questions about a text, each with its answers as edits of it.

Plain Python: `ask(text)` gives the questions, `answer(text, question, said)` the text that an answer leads to.
"""

from plans.questions.asking import answer, ask, edit_lines
from plans.questions.question import Question, Unanswered

__all__ = ["Question", "Unanswered", "answer", "ask", "edit_lines"]

from django.urls import path

from plans.views import change, check_up, guide, history, listing, page, paper

urlpatterns = [
    path("plans/", listing.plans, name="plans"),
    path("plans/new/", listing.new_plan, name="new-plan"),
    path("plans/check-up/", check_up.check_up, name="check-up"),
    path("plans/check-up/live/", check_up.live, name="check-up-live"),
    path("plans/<slug:slug>/", page.plan, name="plan"),
    path("plans/<slug:slug>/change/", change.change, name="change-plan"),
    path("plans/<slug:slug>/guide/", guide.guide, name="plan-guide"),
    path("plans/<slug:slug>/guide/undo/", guide.undo, name="plan-guide-undo"),
    path("plans/<slug:slug>/guide/skip/", guide.skip, name="plan-guide-skip"),
    path("plans/<slug:slug>/guide/revision/", guide.saving, name="plan-guide-saving"),
    path("plans/<slug:slug>/guide/new-start/", guide.start_over, name="plan-guide-new-start"),
    path("plans/<slug:slug>/guide/text.md", guide.markdown, name="plan-guide-markdown"),
    path("plans/<slug:slug>/history/", history.history, name="plan-history"),
    path("plans/<slug:slug>/second-person/", change.second_person, name="plan-second-person"),
    path("plans/<slug:slug>/revisions/<int:number>/", page.revision, name="revision"),
    path("plans/<slug:slug>/revisions/<int:number>.md", page.markdown, name="revision-markdown"),
    path("plans/<slug:slug>/revisions/<int:number>/paper/", paper.paper, name="revision-paper"),
    path("plans/<slug:slug>/revisions/<int:number>/paper.html", paper.paper_file, name="revision-paper-file"),
    path("plans/<slug:slug>/revisions/<int:number>/difference/", history.difference, name="revision-difference"),
    path("plans/<slug:slug>/revisions/<int:number>/approval/", change.approval, name="revision-approval"),
    path("plans/<slug:slug>/revisions/<int:number>/withdrawal/", change.withdrawal, name="revision-withdrawal"),
]

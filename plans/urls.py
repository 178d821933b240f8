from django.urls import path

from plans.views import change, check_up, history, listing, page

urlpatterns = [
    path("plans/", listing.plans, name="plans"),
    path("plans/new/", listing.new_plan, name="new-plan"),
    path("plans/check-up/", check_up.check_up, name="check-up"),
    path("plans/<slug:slug>/", page.plan, name="plan"),
    path("plans/<slug:slug>/change/", change.change, name="change-plan"),
    path("plans/<slug:slug>/history/", history.history, name="plan-history"),
    path("plans/<slug:slug>/second-person/", change.second_person, name="plan-second-person"),
    path("plans/<slug:slug>/revisions/<int:number>/", page.revision, name="revision"),
    path("plans/<slug:slug>/revisions/<int:number>.md", page.markdown, name="revision-markdown"),
    path("plans/<slug:slug>/revisions/<int:number>/difference/", history.difference, name="revision-difference"),
    path("plans/<slug:slug>/revisions/<int:number>/approval/", change.approval, name="revision-approval"),
    path("plans/<slug:slug>/revisions/<int:number>/withdrawal/", change.withdrawal, name="revision-withdrawal"),
]

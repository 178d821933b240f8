from django.contrib.auth.decorators import login_not_required
from django.urls import path

from config.accounts import people_views, views

urlpatterns = [
    path("sign-in/", login_not_required(views.SignIn.as_view()), name="sign-in"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("password/", views.password, name="password"),
    path("people/", people_views.people_page, name="people"),
    path("people/new/", people_views.invite, name="invite"),
    path("people/<int:pk>/", people_views.person, name="person"),
    path("people/<int:pk>/role/", people_views.role, name="person-role"),
    path("people/<int:pk>/activation/", people_views.activation, name="person-activation"),
    path("people/<int:pk>/one-time-password/", people_views.one_time_password, name="person-password"),
]

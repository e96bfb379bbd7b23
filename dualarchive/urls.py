from django.contrib import admin
from django.contrib.auth import views as accounts
from django.urls import include, path

from archives.console.overview import overview

# No reset by e-mail: an operator gives a new password in the console.
ACCOUNTS = [
    path("login/", accounts.LoginView.as_view(), name="login"),
    path("logout/", accounts.LogoutView.as_view(), name="logout"),
    path("password_change/", accounts.PasswordChangeView.as_view(), name="password_change"),
    path("password_change/done/", accounts.PasswordChangeDoneView.as_view(), name="password_change_done"),
]
urlpatterns = [
    path("admin/overview/", admin.site.admin_view(overview), name="overview"),
    path("admin/", admin.site.urls),
    path("accounts/", include(ACCOUNTS)),
    path("", include("archives.urls")),
]
handler500 = "archives.api.errors.server_error"

"""How a person gets letters: the own page, and the page behind the address in every letter, without signing in."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from orgunits import bounces, preferences
from orgunits.access import administrators_only
from orgunits.models import MessagePreference, User
from orgunits.requests import SignedInRequest

Through = MessagePreference.Through
LABELS = {
    preferences.EACH: "Từng thư một: mỗi lần nhắc là một thư",
    preferences.DAILY: "Một thư tổng hợp mỗi ngày",
}


class PreferenceForm(forms.Form):
    reminders = forms.ChoiceField(
        label="Thư nhắc trước hạn", choices=list(LABELS.items()), widget=forms.RadioSelect,
        help_text="Dù chọn cách nào, báo cáo đã quá hạn vẫn được nhắc ngay bằng thư riêng.",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def preference_form(request: SignedInRequest) -> HttpResponse:
    """The person's own choice, and what is wrong with the own address."""
    mode = preferences.mode_of([request.user])[request.user.pk]
    form = PreferenceForm(request.POST or None, initial={"reminders": mode})
    if request.method == "POST" and form.is_valid():
        preferences.set_mode(request.user, form.cleaned_data["reminders"], through=Through.PAGE)
        messages.success(request, "Đã lưu cách nhận thư.")
        return redirect("channels:preferences")
    return render(request, "orgunits/preferences.html", {"form": form, "bounces": bounces.of(request.user)[:3]})


@require_POST
@login_required
def try_again(request: SignedInRequest) -> HttpResponse:
    """The person says that the own address takes letters again."""
    bounces.try_again(request.user, by=request.user, at=timezone.now(), on=timezone.localdate())
    messages.success(request, "Đã bỏ đánh dấu. Thư sau sẽ cho biết địa chỉ đã nhận được hay chưa.")
    return redirect("channels:preferences")


@require_POST
@administrators_only
def person_try_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """An administrator says so for a person of the own scope."""
    on = timezone.localdate()
    person = get_object_or_404(User.objects.administered_by(request.user, on), pk=pk)
    bounces.try_again(person, by=request.user, at=timezone.now(), on=on)
    messages.success(
        request, f"Đã bỏ đánh dấu địa chỉ của {person}. Thư sau sẽ cho biết địa chỉ đã nhận được hay chưa."
    )
    return redirect("reports:address_problems")


@never_cache
@csrf_exempt  # the signature in the address is what allows it; a mail provider has no cookie (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: SignedInRequest, token: str) -> HttpResponse:
    """Ask first, change on POST. A mail provider's one click gets an answer without a redirect."""
    person = preferences.person_of(token)
    if person is None:
        raise Http404
    if request.method == "POST":
        wanted = preferences.EACH if request.POST.get("mode") == preferences.EACH else preferences.DAILY
        preferences.set_mode(person, wanted, through=Through.UNSUBSCRIBE)
        if "List-Unsubscribe" in request.POST:
            return HttpResponse(
                "Đã đổi: từ nay thư nhắc gộp thành một thư mỗi ngày.", content_type="text/plain; charset=utf-8"
            )
        return redirect("channels:unsubscribe", token)
    context = {"is_daily": preferences.mode_of([person])[person.pk] == preferences.DAILY}
    response = render(request, "orgunits/unsubscribe.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response

"""Subscribers, events and deliveries. Only administrators set addresses."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from archives.console.actions import confirmed
from archives.console.admin import BADGES, ReadOnly, badge, instant
from archives.console.lists import QuickList, RunFilter
from archives.models import Delivery, Event, Subscriber
from archives.outbox.addresses import AddressRefused, checked_url
from archives.outbox.chats import checked_chat
from archives.services import deliveries, subscribers

Kind = Subscriber.Kind
ADDRESS_HELP = (
    "Webhook: a URL, such as https://example.org/events. E-mail: one address. Chat: an address of apprise, "
    "such as slack://token/token/token. Once stored it is shown masked."
)
BADGES |= {"waiting": "#3d5a80", "delivered": "#1b7f4b", "given_up": "#8a5a00", "dropped": "#555"}


class SubscriberForm(forms.ModelForm[Subscriber]):
    """A stored address is not shown again; an empty field keeps it."""

    address = forms.CharField(
        max_length=1000,
        required=False,
        help_text=ADDRESS_HELP,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField", "spellcheck": "false"}),
    )
    types = forms.MultipleChoiceField(
        choices=[(type.value, f"{type.label} ({type.value})") for type in subscribers.TYPES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Events",
        help_text="None chosen: all, including those that later versions add.",
    )

    class Meta:
        model = Subscriber
        fields = ("name", "kind", "address", "types", "include_names", "enabled")
        help_texts = {"include_names": "Names of participants, recordings and rooms leave this site."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            kinds = [choice for choice in Kind.choices if choice[0] != Kind.ALERT_URL]
            self.fields["kind"] = forms.ChoiceField(choices=kinds)
        if self.instance.pk and "address" in self.fields:
            self.initial["address"] = ""
            kept = subscribers.masked_address(self.instance)
            self.fields["address"].widget.attrs["placeholder"] = f"{kept} – leave empty to keep it"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind = cleaned.get("kind") or self.instance.kind
        address = (cleaned.get("address") or "").strip()
        if address or not self.instance.pk:
            try:
                check_address(kind, address)
            except (ValidationError, AddressRefused) as error:
                self.add_error("address", str(getattr(error, "message", error)))
        cleaned["address"] = address or self.instance.address
        return cleaned


def check_address(kind: str, address: str) -> None:
    """Raises ValidationError, AddressRefused."""
    if kind == Kind.WEBHOOK:
        checked_url(address)
    elif kind == Kind.CHAT:
        checked_chat(address)
    else:
        validate_email(address)
        if not settings.EMAIL_URL:
            raise ValidationError("EMAIL_URL is not set, so no e-mail can be sent.")


@admin.register(Subscriber)
class SubscriberAdmin(QuickList):
    form = SubscriberForm
    list_display = ("name", "enabled", "waiting", "where", "kind", "events_wanted", "include_names")
    list_filter = ("kind",)
    fields = ("name", "kind", "address", "types", "include_names", "enabled")
    actions = ("send_test", "new_secret")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        waiting = Count("deliveries", filter=Q(deliveries__status=Delivery.Status.WAITING))
        return super().get_queryset(request).annotate(waiting_count=waiting)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or not self.has_change_permission(request, obj):
            return self.fields if obj is None else ("name", "kind", "where", "events_wanted", *self.facts)
        return (*self.fields, "secret_masked", "created_by", "created_at")

    facts = ("include_names", "enabled", "secret_masked", "created_by", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        facts = ("secret_masked", "created_by", "created_at", "where", "events_wanted")
        return (*facts, "kind") if obj else facts

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _of_setting(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _of_setting(obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Subscriber, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        if not change and obj.kind == Kind.WEBHOOK:
            _show_once(request, obj)

    @admin.display(description="Address")
    def where(self, subscriber: Subscriber) -> str:
        return subscribers.masked_address(subscriber)

    @admin.display(description="Events")
    def events_wanted(self, subscriber: Subscriber) -> str:
        return ", ".join(subscriber.types) or ("alarm.opened" if _of_setting(subscriber) else "all")

    @admin.display(description="Signing secret")
    def secret_masked(self, subscriber: Subscriber) -> str:
        return subscribers.masked_secret(subscriber) or "–"

    @admin.display(description="Waiting")
    def waiting(self, subscriber: Subscriber) -> int:
        return int(subscriber.waiting_count)  # type: ignore[attr-defined]

    @admin.action(description="Send a test event", permissions=["change"])
    def send_test(self, request: HttpRequest, rows: QuerySet[Subscriber]) -> HttpResponse | None:
        return confirmed(
            self,
            request,
            rows,
            lambda each: subscribers.send_test(subscriber=each),
            action="send_test",
            question="Send these subscribers an event of the type “test”? Its delivery is listed.",
            answer="Yes, send",
        )

    @admin.action(description="Make a new signing secret", permissions=["change"])
    def new_secret(self, request: HttpRequest, rows: QuerySet[Subscriber]) -> HttpResponse | None:
        return confirmed(
            self,
            request,
            rows,
            lambda each: _show_once(request, each),
            action="new_secret",
            question="Make new signing secrets? The old ones end at once, and receivers refuse events "
            "until they have the new ones. No event is lost: it is sent again.",
            answer="Yes, make new ones",
        )


def _of_setting(subscriber: Subscriber | None) -> bool:
    return subscriber is not None and subscriber.kind == Kind.ALERT_URL


def _show_once(request: HttpRequest, subscriber: Subscriber) -> None:
    text = subscribers.new_secret(subscriber=subscriber)
    shown = format_html("Signing secret of {}, shown only this once: <code>{}</code>", subscriber.name, text)
    messages.warning(request, shown)


class DeliveryInline(ReadOnly, admin.TabularInline[Delivery, Event]):
    model = Delivery
    extra = 0
    template = "admin/archives/rows.html"
    fields = ("subscriber", "status", "attempts", "delivered_at", "last_status", "error")


@admin.register(Event)
class EventAdmin(ReadOnly, QuickList):
    list_display = ("created_at", "type", "room", "run")
    list_filter = ("type", RunFilter)
    list_select_related = ("room", "run")
    date_hierarchy = "created_at"
    inlines = (DeliveryInline,)
    fields = ("type", "created_at", "room", "run", "message_id", "body", "body_named")
    readonly_fields = ("message_id", "body", "body_named")

    @admin.display(description="Data")
    def body(self, event: Event) -> SafeString:
        return _pre(event.data)

    @admin.display(description="With names")
    def body_named(self, event: Event) -> SafeString | str:
        return _pre(event.named) if event.named else "–"


def _pre(data: object) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(data, indent=2, ensure_ascii=False))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, QuickList):
    list_display = ("event_type", "badge", "subscriber", "outcome", "of_run", "recorded")
    list_filter = ("status", "subscriber")
    list_select_related = ("event__run", "subscriber")
    ordering = ("-id",)
    actions = ("send_again",)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("archives.change_delivery")

    @admin.display(description="Event")
    def event_type(self, delivery: Delivery) -> str:
        return delivery.event.type

    @admin.display(description="Status", ordering="status")
    def badge(self, delivery: Delivery) -> SafeString:
        return badge(delivery.status, delivery.get_status_display())

    @admin.display(description="Recording")
    def of_run(self, delivery: Delivery) -> str:
        return delivery.event.run.name if delivery.event.run else "–"

    @admin.display(description="Event of")
    def recorded(self, delivery: Delivery) -> str:
        return instant(delivery.event.created_at)

    @admin.display(description="Outcome")
    def outcome(self, delivery: Delivery) -> str:
        answer = f" ({delivery.last_status})" if delivery.last_status else ""
        if delivery.status == Delivery.Status.DELIVERED:
            return f"{instant(delivery.delivered_at)}{answer}"
        tried = f"{delivery.attempts} attempts. " if delivery.attempts else ""
        waits = delivery.status == Delivery.Status.WAITING
        return f"{tried}{delivery.error}" + (f" Next: {instant(delivery.due_at)}" if waits else "")

    @admin.action(description="Send again", permissions=["operate"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> HttpResponse | None:
        return confirmed(
            self,
            request,
            rows,
            lambda each: deliveries.again(delivery=each),
            action="send_again",
            question="Send these events again, with retries for a day? An alarm that is over is not sent.",
            answer="Yes, send again",
        )

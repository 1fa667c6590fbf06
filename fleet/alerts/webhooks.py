"""Where Telegram tells of pressed buttons, if it can reach the center."""

from __future__ import annotations

import hmac
import json

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fleet.alerts.buttons import heed, webhook_secret
from fleet.alerts.models_outbox import Channel
from fleet.clock import now


@csrf_exempt
@require_POST
def telegram(request: HttpRequest, channel_id: int) -> JsonResponse:
    """Do what was pressed. Who is not Telegram learns nothing, not even which channels exist."""
    channel = Channel.objects.filter(pk=channel_id, kind=Channel.Kind.TELEGRAM).first()
    given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
    if channel is None or not hmac.compare_digest(given.encode(), webhook_secret(channel).encode()):
        return JsonResponse({})
    try:
        update = json.loads(request.body)
    except ValueError:
        return JsonResponse({})
    pressed = heed(channel, update, now())
    if pressed is None:
        return JsonResponse({})
    # Telegram takes a call of its own methods for an answer: the bot's token is not needed here.
    return JsonResponse(
        {
            "method": "answerCallbackQuery",
            "callback_query_id": pressed.callback_id,
            "text": pressed.sentence[:200],
        }
    )

"""After a change of keys everything about money can still be read, and nothing of it needs the old key."""

from __future__ import annotations

from bot.payment.payment import Payments
from bot.payment.providers.protocol import Billing
from bot.privacy import KeyRing, new_key
from tests.payment.world import BASE, DOSSIER, LINES, World


async def test_payments_attempts_and_notices_move_to_the_new_key(world: World) -> None:
    billing = Billing(payer_name="Nguyễn Văn An")
    asked = await world.payments.ask(DOSSIER, LINES, "khai sinh", billing)
    await world.payments.start(asked.reference, "vietqr")
    _, _, order = await world.begun("momo", "MC-261124-XYZ567")
    sent = world.pay(order)[1]
    await world.hears("momo", sent)
    fresh = KeyRing.parse(new_key())
    world.store.keys = KeyRing((*fresh.keys, *world.store.keys.keys))
    assert await world.store.reseal() >= 3
    world.store.keys = fresh
    later = Payments(world.store, tuple(world.payments.providers.values()), BASE)
    assert (await later.state(asked.reference)).billing == billing
    (attempt,) = await later.attempts(asked.reference)
    assert attempt.started.qr_text
    assert await later.notices.body(1) == sent.body
    assert later.link(asked) != world.payments.link(asked)

"""The merchant accounts of a deployment, and the providers that they switch on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.payment.providers.momo import Momo, MomoAccount
from bot.payment.providers.national import National, NationalAccount
from bot.payment.providers.protocol import Provider
from bot.payment.providers.vietqr import PayosAccount, Vietqr
from bot.payment.providers.vnpay import Vnpay, VnpayAccount
from bot.payment.providers.wire import Wire
from bot.payment.providers.zalopay import Zalopay, ZalopayAccount


@dataclass(frozen=True)
class Accounts:
    """What is left blank is off."""

    national: NationalAccount = field(default_factory=lambda: NationalAccount("", "", ""))
    vietqr: PayosAccount = field(default_factory=lambda: PayosAccount("", "", ""))
    vnpay: VnpayAccount = field(default_factory=lambda: VnpayAccount("", ""))
    momo: MomoAccount = field(default_factory=lambda: MomoAccount("", "", ""))
    zalopay: ZalopayAccount = field(default_factory=lambda: ZalopayAccount("", "", ""))

    def providers(self, wire: Wire) -> tuple[Provider, ...]:
        """In the order in which they are offered: the platform of the state first."""
        return (
            National(self.national, wire),
            Vietqr(self.vietqr, wire),
            Vnpay(self.vnpay, wire),
            Momo(self.momo, wire),
            Zalopay(self.zalopay, wire),
        )


def sandbox_accounts(keys: Mapping[str, Mapping[str, str]], base: str) -> Accounts:
    """Those of the sandbox platforms under `base`."""
    return Accounts(
        national=NationalAccount(**keys["national"], base=f"{base}/nps"),
        vietqr=PayosAccount(**keys["vietqr"], base=f"{base}/payos"),
        vnpay=VnpayAccount(
            **keys["vnpay"], pay_url=f"{base}/vnpay/vpcpay.html", api_url=f"{base}/vnpay/api/transaction"
        ),
        momo=MomoAccount(**keys["momo"], base=f"{base}/momo"),
        zalopay=ZalopayAccount(**keys["zalopay"], base=f"{base}/zalopay"),
    )

"""Helpers sign in by the province's own accounts, and nobody else does, whatever the provider or a stranger sends."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from bot import problems
from bot.channels.routes import open_to_all
from bot.desk import doors_routes, oidc_cookie, oidc_routes, sign_in_routes
from bot.desk.doors_routes import Who
from bot.desk.parts import DeskParts
from bot.doctor import examine
from bot.handoff import totp
from bot.handoff.accounts import Accounts
from bot.handoff.audit import Audit, Entry
from bot.handoff.clocks import load_clocks
from bot.handoff.directory import Directory
from bot.handoff.people import Role
from bot.handoff.tables import desk_accounts, desk_audit, desk_identities
from bot.handoff.team_list import Listed, TeamList
from bot.ratelimit import RateLimiter
from bot.settings import Settings
from bot.store import open_store
from tests.clock import Clock
from tests.desk.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, new_key
from tests.handoff.world import listed
from tests.serving import free_port, served

SEN, TRAM, OFFICER = "0933000001", "0933000002", "0933000003"
PASSWORD = "mot-mat-khau-dai"
PEOPLE = (
    listed(SEN, "Chị Sen", "Tổ 1"),
    listed(TRAM, "Anh Tràm", "Tổ 1"),
    listed(OFFICER, "Cô Thu", "Một cửa phường", tier="ward", role=Role.ward_officer),
)
BUTTON = "Đăng nhập bằng tài khoản của tỉnh"
FIRST_KEY, SECOND_KEY = new_key("one"), new_key("two")


def person(phone: str, subject: str = "sen", **more: Any) -> dict[str, Any]:
    return {"sub": subject, "phone_number": f"+84{phone[1:]}", "phone_number_verified": True, **more}


@dataclass
class Desk:
    """The desk's sign-in alone, on a real database; no models."""

    settings: Settings
    clock: Clock
    parts: tuple[Any, ...] = ()
    loop: Any = None

    def app(self) -> FastAPI:
        app = FastAPI(lifespan=self._lifespan)
        problems.install(app)
        doors_routes.install(app)
        for routes in (sign_in_routes, oidc_routes):
            app.include_router(routes.router)

        @app.get("/desk")
        async def desk(who: Who) -> str:
            return who.helper.name

        return app

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        store = await open_store(self.settings, self.clock)
        directory = Directory(store, load_clocks())
        await directory.replace(TeamList(PEOPLE, ()))
        self.parts, self.loop = (store, directory, Accounts(store, directory)), asyncio.get_running_loop()
        unused = dict.fromkeys(DeskParts.__dataclass_fields__)
        own = {"keys": store.keys, "directory": directory, "accounts": self.parts[2]}
        app.state.desk = DeskParts(**{**unused, **own, "audit": Audit(store), "is_encrypted": False})
        app.state.services = SimpleNamespace(store=store, settings=self.settings, limiter=RateLimiter(100_000))
        async with oidc_routes.provider(self.settings, self.clock) as app.state.oidc:
            yield
        await store.close()

    def does(self, work: Any) -> Any:
        """Done beside the browsers: `work(store, directory, accounts)`."""
        return asyncio.run_coroutine_threadsafe(work(*self.parts), self.loop).result(20)

    def begins_anew(self) -> None:
        async def work(store: Any, directory: Directory, accounts: Accounts) -> None:
            for table in (desk_identities, desk_accounts, desk_audit):
                await store.database.write(lambda connection, table=table: connection.execute(sa.delete(table)))
            await directory.replace(TeamList(PEOPLE, ()))

        self.does(work)

    def audit(self) -> list[Entry]:
        return self.does(lambda store, directory, accounts: Audit(store).newest())

    def listed_now(self, *people: Listed) -> None:
        self.does(lambda store, directory, accounts: directory.replace(TeamList(people, ())))

    def gives_password(self, phone: str) -> None:
        async def work(store: Any, directory: Directory, accounts: Accounts) -> None:
            await accounts.give_password(await directory.by_phone(phone), PASSWORD)

        self.does(work)

    def enrols(self, phone: str) -> bytes:
        secret = totp.new_secret()

        async def work(store: Any, directory: Directory, accounts: Accounts) -> bool:
            account = await accounts.of((await directory.by_phone(phone)).id)
            before = totp.code_at(secret, int(self.clock().timestamp()) // totp.STEP_SECONDS - 1)
            return await accounts.enrol(account, secret, before)

        assert self.does(work)
        return secret


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, OidcProvider]]:
    """Desk and provider, served once for all tests here."""
    issuer, here = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    given = {"oidc_issuer": issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    folder = tmp_path_factory.mktemp("oidc") / "var"
    desk = Desk(
        Settings(_env_file=None, env="test", data_dir=folder, public_url=here, database_url="", **given), Clock()
    )
    provider = OidcProvider(issuer, FIRST_KEY, desk.clock)
    with served(provider.app(), port=_port(issuer)), served(desk.app(), port=_port(here)):
        yield desk, provider


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


@pytest.fixture
def desk(running: tuple[Desk, OidcProvider]) -> Desk:
    running[0].clock.advance(hours=2)  # what was remembered of the provider is forgotten
    running[0].begins_anew()
    return running[0]


@pytest.fixture
def province(running: tuple[Desk, OidcProvider]) -> OidcProvider:
    provider = running[1]
    vars(provider).update(vars(OidcProvider(provider.issuer, FIRST_KEY, provider.clock, person(SEN))))
    return provider


@pytest.fixture
def base(desk: Desk, province: OidcProvider) -> str:
    return desk.settings.public_url


@pytest.fixture
def browser(base: str) -> Iterator[httpx.Client]:
    with a_browser(base) as http:
        yield http


def a_browser(base: str) -> httpx.Client:
    return httpx.Client(base_url=base, timeout=20, headers={"Accept": "text/html"}, verify=False)


def sent_back(browser: httpx.Client) -> str:
    """Away to the provider and to the address it sends the browser back to, which is not opened yet."""
    away = browser.get("/desk/oidc")
    assert away.status_code == 303, away.text
    return httpx.get(away.headers["location"], verify=False).headers["location"]


def signs_in(browser: httpx.Client) -> httpx.Response:
    return browser.get(sent_back(browser))


def is_in(browser: httpx.Client) -> bool:
    return browser.get("/desk").status_code == 200


# ---- coming in


def test_a_helper_comes_in_by_a_verified_telephone_and_later_by_the_account_alone(
    browser: httpx.Client, province: OidcProvider, desk: Desk
) -> None:
    assert BUTTON in browser.get("/desk/vao").text
    answer = signs_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert browser.get("/desk").json() == "Chị Sen"
    assert "motcua_oidc" not in browser.cookies
    assert (desk.audit()[0].act, desk.audit()[0].subject, desk.audit()[0].outcome) == ("sign_in", "oidc", "done")
    province.person = {"sub": "sen"}  # no telephone any more
    browser.cookies.clear()
    assert signs_in(browser).status_code == 303 and is_in(browser)


def test_the_cookie_is_sealed_and_goes_only_to_the_desk_for_ten_minutes(browser: httpx.Client, desk: Desk) -> None:
    away = browser.get("/desk/oidc")
    cookie, query = away.headers["set-cookie"], httpx.URL(away.headers["location"]).params
    assert "Path=/desk" in cookie and "SameSite=lax" in cookie and "Max-Age=600" in cookie and "HttpOnly" in cookie
    assert query["state"] not in cookie and query["nonce"] not in cookie
    assert (query["code_challenge_method"], query["response_type"]) == ("S256", "code")
    back = sent_back(browser)
    desk.clock.advance(minutes=11)
    assert browser.get(back).status_code == 401


def test_a_telephone_told_only_at_the_userinfo_address_counts_when_it_is_the_same_person(
    browser: httpx.Client, province: OidcProvider
) -> None:
    province.person, province.told_apart = {"sub": "sen"}, person(SEN, "somebody else")
    assert signs_in(browser).status_code == 401
    province.told_apart = person(SEN)
    assert signs_in(browser).status_code == 303


def test_keys_may_change_while_the_desk_runs(browser: httpx.Client, province: OidcProvider) -> None:
    assert signs_in(browser).status_code == 303
    province.key = SECOND_KEY
    assert signs_in(browser).status_code == 303
    assert province.asked.count("/jwks") == 2
    assert signs_in(browser).status_code == 303
    assert (province.asked.count("/jwks"), province.asked.count("/.well-known/openid-configuration")) == (2, 1)


def test_several_audiences_need_our_name_as_the_party(browser: httpx.Client, province: OidcProvider) -> None:
    province.wrong = {"aud": [CLIENT_ID, "other"]}
    assert signs_in(browser).status_code == 401
    province.wrong["azp"] = "other"
    assert signs_in(browser).status_code == 401
    province.wrong["azp"] = CLIENT_ID
    assert signs_in(browser).status_code == 303


# ---- what proves nothing


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": None},
        {"azp": "another"},
        {"iss": "https://another.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": 99_999_999_999},
        {"sub": ""},
        {"sub": None},
        {"sub": "a" * 256},
    ],
    ids=str,
)
def test_a_token_of_another_sign_in_client_issuer_or_time_is_refused(
    browser: httpx.Client, province: OidcProvider, desk: Desk, wrong: dict[str, Any]
) -> None:
    province.wrong = wrong
    answer = signs_in(browser)
    assert answer.status_code == 401 and "Chưa đăng nhập được" in answer.text
    assert not is_in(browser) and desk.audit()[0].outcome == "failed"


def test_clocks_may_differ_by_a_minute_and_no_more(browser: httpx.Client, province: OidcProvider) -> None:
    now = int(province.clock().timestamp())
    province.wrong = {"exp": now - 50, "iat": now + 50}
    assert signs_in(browser).status_code == 303
    province.wrong = {"exp": now - 61}
    assert signs_in(browser).status_code == 401
    province.wrong = {"iat": now + 61}
    assert signs_in(browser).status_code == 401


def test_a_token_that_the_provider_did_not_sign_is_refused(browser: httpx.Client, province: OidcProvider) -> None:
    def cut_off(claims: dict[str, Any]) -> str:
        return province.signed(claims)[:-40]

    def of_another_key(claims: dict[str, Any]) -> str:
        true, province.key = province.key, new_key(province.key.kid)
        token = province.signed(claims)
        province.key = true
        return token

    def of_an_unknown_key(claims: dict[str, Any]) -> str:
        true, province.key = province.key, SECOND_KEY
        token = province.signed(claims)
        province.key = true
        return token

    wrong = (province.unsigned, province.signed_with_the_public_key, cut_off, of_another_key, of_an_unknown_key)
    for province.sign in (*wrong, lambda claims: "", lambda claims: "a.b.c"):
        assert signs_in(browser).status_code == 401
    province.sign = province.signed
    assert signs_in(browser).status_code == 303


def test_only_the_browser_that_was_sent_away_comes_in_and_only_once(browser: httpx.Client, base: str) -> None:
    back = sent_back(browser)
    with a_browser(base) as other:
        assert other.get(back).status_code == 401  # it began nothing
        other.get("/desk/oidc")
        answer = other.get(back)  # it began another sign-in
        assert answer.status_code == 401 and "không bắt đầu từ máy này" in answer.text and not is_in(other)
    cookie = browser.cookies["motcua_oidc"]
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 401
    with a_browser(base) as thief:
        thief.cookies.set("motcua_oidc", cookie, path="/desk")
        assert thief.get(back).status_code == 401  # the provider takes a code once


def test_a_forged_cookie_or_an_answer_of_another_provider_is_refused(browser: httpx.Client) -> None:
    back = httpx.URL(sent_back(browser))
    assert browser.get(back.copy_set_param("iss", "https://another.example")).status_code == 401
    for forged in ("", "a", "á".encode().hex(), "A" * 5_000):
        browser.cookies.set("motcua_oidc", forged, path="/desk")
        assert browser.get(back).status_code == 401
    assert browser.get("/desk/oidc/ve?code=" + "a" * 5_000).status_code == 422


def test_who_stops_at_the_provider_is_told_so(browser: httpx.Client, province: OidcProvider, desk: Desk) -> None:
    province.error = "access_denied"
    answer = signs_in(browser)
    assert answer.status_code == 401 and "đã dừng đăng nhập" in answer.text
    province.error = "server_error"
    assert "Chưa đăng nhập được" in signs_in(browser).text


def test_a_provider_that_is_down_or_answers_nonsense_gives_a_plain_page(
    browser: httpx.Client, province: OidcProvider, base: str
) -> None:
    for wrong in ({"issuer": "https://another.example"}, {"token_endpoint": None}, {"jwks_uri": "ftp://a"}):
        province.document = wrong
        assert browser.get("/desk/oidc").status_code == 503
    province.document, province.is_down = {}, True
    answer = browser.get("/desk/oidc")
    assert answer.status_code == 503 and "chưa trả lời" in answer.text and "Mật khẩu" in answer.text
    province.is_down = False
    back = sent_back(browser)
    province.is_down = True
    assert browser.get(back).status_code == 503
    province.is_down = False
    assert signs_in(browser).status_code == 303


# ---- whose account it is


@pytest.mark.parametrize(
    "told",
    [
        person(SEN, phone_number_verified=False),
        person(SEN, phone_number_verified="true"),
        person(SEN, phone_number_verified=None),
        person("0933999999"),
        person(SEN, phone_number=None),
        person(SEN, phone_number=[SEN]),
        person(SEN, phone_number="no number"),
    ],
    ids=str,
)
def test_only_a_verified_telephone_of_the_list_gives_rights(
    browser: httpx.Client, province: OidcProvider, desk: Desk, told: dict[str, Any]
) -> None:
    province.person = {**told, "role": "province_admin", "email": "sen@example.vn"}
    answer = signs_in(browser)
    assert answer.status_code == 401 and "chưa được vào bàn hỗ trợ" in answer.text
    assert (desk.audit()[0].subject, desk.audit()[0].outcome) == ("oidc: nobody", "failed")
    assert not is_in(browser)


def test_an_account_stays_with_its_helper_and_a_helper_with_one_account(
    browser: httpx.Client, province: OidcProvider
) -> None:
    assert signs_in(browser).status_code == 303
    province.person = person(SEN, "a second account")
    browser.cookies.clear()
    assert signs_in(browser).status_code == 401 and not is_in(browser)
    province.person = person(TRAM, "sen")  # her account with his number is still hers
    signs_in(browser)
    assert browser.get("/desk").json() == "Chị Sen"
    province.person = person(TRAM, "tram")
    signs_in(browser)
    assert browser.get("/desk").json() == "Anh Tràm"


def test_who_left_the_list_is_out_and_a_number_with_a_new_owner_is_proved_anew(
    browser: httpx.Client, province: OidcProvider, desk: Desk
) -> None:
    assert signs_in(browser).status_code == 303
    desk.listed_now(*PEOPLE[1:])
    assert not is_in(browser) and signs_in(browser).status_code == 401
    desk.listed_now(listed(SEN, "Bà Mận", "Tổ 1"), *PEOPLE[1:])
    province.person = {"sub": "sen"}
    assert signs_in(browser).status_code == 401
    province.person = person(SEN, "man")
    assert signs_in(browser).status_code == 303 and browser.get("/desk").json() == "Bà Mận"


def test_signing_out_and_a_new_password_end_these_sessions_too(browser: httpx.Client, desk: Desk, base: str) -> None:
    signs_in(browser)
    token = re.search(r'form-token" content="([^"]+)"', browser.get("/desk/tai-khoan").text)[1]
    with a_browser(base) as other:
        signs_in(other)
        assert browser.post("/desk/ra", data={"form_token": token}).status_code == 303
        assert not is_in(other)
    signs_in(browser)
    desk.gives_password(SEN)
    assert not is_in(browser)


def test_a_given_password_need_not_be_changed_by_who_did_not_use_it_and_none_comes_in_without_one(
    browser: httpx.Client, desk: Desk, base: str
) -> None:
    assert signs_in(browser).status_code == 303
    with a_browser(base) as other:
        assert other.post("/desk/vao", data={"phone": SEN, "password": ""}).status_code == 401
        desk.gives_password(SEN)
        other.post("/desk/vao", data={"phone": SEN, "password": PASSWORD})
        assert other.get("/desk").headers["location"] == "/desk/tai-khoan"
    assert signs_in(browser).status_code == 303 and is_in(browser)


# ---- the second factor


def test_who_needs_a_second_factor_and_has_none_must_set_one_up_first(
    browser: httpx.Client, province: OidcProvider
) -> None:
    province.person = person(OFFICER, "thu", amr=["pwd"])
    assert signs_in(browser).status_code == 303
    assert browser.get("/desk").headers["location"] == "/desk/tai-khoan"


@pytest.mark.parametrize("amr", [["pwd", "otp"], ["mfa"], ["hwk"]], ids=str)
def test_a_second_factor_asked_by_the_province_counts(
    browser: httpx.Client, province: OidcProvider, desk: Desk, amr: list[str]
) -> None:
    desk.enrols(OFFICER)
    province.person = person(OFFICER, "thu", amr=amr)
    assert signs_in(browser).status_code == 303 and is_in(browser)


def test_a_province_second_factor_is_enough_without_ours_but_only_in_that_session(
    browser: httpx.Client, province: OidcProvider
) -> None:
    province.person = person(OFFICER, "thu", amr=["mfa"])
    assert signs_in(browser).status_code == 303 and is_in(browser)
    for weak in ("mfa", {"mfa": True}, [["mfa"]], None):
        province.person = person(OFFICER, "thu", amr=weak)
        signs_in(browser)
        assert browser.get("/desk").headers["location"] == "/desk/tai-khoan"


def test_our_own_code_is_asked_before_the_session_is_given_and_opens_once(
    browser: httpx.Client, province: OidcProvider, desk: Desk, base: str
) -> None:
    secret = desk.enrols(OFFICER)
    province.person = person(OFFICER, "thu", amr=["pwd"])
    asked = signs_in(browser)
    assert asked.status_code == 200 and "Mã 6 số" in asked.text and not is_in(browser)
    assert browser.post("/desk/oidc/ma", data={"code": "000000"}).status_code == 401
    code = totp.code_at(secret, int(desk.clock().timestamp()) // totp.STEP_SECONDS)
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert browser.post("/desk/oidc/ma", data={"code": code}, headers=elsewhere).status_code == 403
    assert browser.post("/desk/oidc/ma", data={"code": code}).status_code == 303 and is_in(browser)
    with a_browser(base) as other:
        assert other.post("/desk/oidc/ma", data={"code": code}).status_code == 401
        signs_in(other)
        assert other.post("/desk/oidc/ma", data={"code": code}).status_code == 401 and not is_in(other)


def test_guessing_codes_locks_the_account_and_waiting_too_long_begins_again(
    browser: httpx.Client, province: OidcProvider, desk: Desk
) -> None:
    secret = desk.enrols(OFFICER)
    province.person = person(OFFICER, "thu")
    signs_in(browser)
    last = [browser.post("/desk/oidc/ma", data={"code": "000000"}) for _ in range(5)][-1]
    assert last.status_code == 401 and "khóa 15 phút" in last.text
    code = totp.code_at(secret, int(desk.clock().timestamp()) // totp.STEP_SECONDS)
    assert browser.post("/desk/oidc/ma", data={"code": code}).status_code == 401 and not is_in(browser)
    desk.clock.advance(minutes=16)
    assert "đăng nhập lại" in browser.post("/desk/oidc/ma", data={"code": code}).text


def test_a_cookie_of_the_first_step_does_not_pass_for_one_of_the_second(browser: httpx.Client, desk: Desk) -> None:
    browser.get("/desk/oidc")
    sealed = browser.cookies["motcua_oidc"]
    keys = desk.settings.key_ring()
    assert oidc_cookie.read(keys, oidc_cookie.AWAY, sealed, desk.clock()) is not None
    assert oidc_cookie.read(keys, oidc_cookie.CODE, sealed, desk.clock()) is None


# ---- off, and what the operator hears


def test_where_it_is_off_there_is_no_button_and_no_door(desk: Desk) -> None:
    off = Desk(desk.settings.model_copy(update={"oidc_issuer": "", "oidc_client_id": ""}), desk.clock)
    with served(off.app()) as base, a_browser(base) as browser:
        assert BUTTON not in browser.get("/desk/vao").text
        assert BUTTON not in browser.post("/desk/vao", data={"phone": SEN, "password": "a"}).text
        assert browser.get("/desk/oidc").status_code == browser.get("/desk/oidc/ve?code=a&state=b").status_code == 404
        assert browser.post("/desk/oidc/ma", data={"code": "000000"}).status_code == 404


def test_every_door_of_it_is_limited_and_closed_while_it_is_off() -> None:
    for route in oidc_routes.router.routes:
        called = {one.call for one in route.dependant.dependencies}
        assert {open_to_all, oidc_routes.switched_on} <= called, route.path


def test_production_takes_it_whole_or_not_at_all() -> None:
    from bot.privacy import new_key as new_secret

    whole = {
        "oidc_issuer": "https://a.vn",
        "oidc_client_id": "a",
        "oidc_client_secret": "b",
        "public_url": "https://b.vn",
    }
    given = {"_env_file": None, "env": "production", "secret_keys": new_secret(), **whole}
    assert Settings(**given).is_oidc_on
    for name, value in (("oidc_client_secret", ""), ("oidc_issuer", "http://a.vn"), ("public_url", "")):
        with pytest.raises(ValueError, match="OIDC"):
            Settings(**{**given, name: value})


def said(settings: Settings) -> tuple[bool, str]:
    return next((one.is_well, one.says) for one in examine(settings) if "tài khoản của tỉnh" in one.what)


def test_the_doctor_says_in_vietnamese_what_is_wrong(desk: Desk, province: OidcProvider) -> None:
    assert said(desk.settings)[0] and "/desk/oidc/ve" in said(desk.settings)[1]
    province.document = {
        "code_challenge_methods_supported": ["plain"],
        "id_token_signing_alg_values_supported": ["HS256"],
        "jwks_uri": f"{province.issuer}/nowhere",
    }
    is_well, told = said(desk.settings)
    assert not is_well and "S256" in told and "RS256" in told and "không đọc được khóa" in told
    province.document = {"issuer": "https://another.example"}
    assert "OIDC_ISSUER" in said(desk.settings)[1]
    assert "OIDC_CLIENT_ID" in said(desk.settings.model_copy(update={"oidc_client_id": ""}))[1]
    blank = {"oidc_issuer": "", "oidc_client_id": "", "oidc_client_secret": type(desk.settings.oidc_client_secret)("")}
    assert said(desk.settings.model_copy(update=blank)) == (True, "chưa bật (chưa đặt OIDC_ISSUER)")

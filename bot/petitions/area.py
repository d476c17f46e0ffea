"""Which petitions a helper of the desk may work on: a ward's officer the ward's, the province's all of it."""

from __future__ import annotations

from collections.abc import Callable

from bot.petitions.petition import Petition

Sees = Callable[[str, str], bool]  # (province, ward) → may they see it


def sees_petition(is_province: bool, province: str, ward: str) -> Sees:
    """One whose place could not be told is the province's to sort out."""

    def sees(its_province: str, its_ward: str) -> bool:
        if is_province:
            return its_province in ("", province)
        return bool(ward) and (its_province, its_ward) == (province, ward)

    return sees


def is_in_area(petition: Petition, sees: Sees) -> bool:
    return sees(petition.content.province, petition.content.ward)

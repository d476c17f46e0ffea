"""What every page that we draw ourselves tells the browser: nothing is loaded, framed or led on unless it is named."""

from __future__ import annotations


def page_headers(*allowed: str, cache: str = "no-store", is_for_all: bool = False) -> dict[str, str]:
    """`allowed` are directives of the content policy; a page that is not for all is not listed by search engines."""
    policy = ("default-src 'none'", *allowed, "base-uri 'none'", "frame-ancestors 'none'")
    listed = {} if is_for_all else {"X-Robots-Tag": "noindex, nofollow"}
    return {
        "Cache-Control": cache,
        "Referrer-Policy": "no-referrer",
        **listed,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "; ".join(policy),
    }

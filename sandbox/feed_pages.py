"""HTML pages of published posts: all feeds side by side at `/`, and each post under its path on the platform."""

from http import HTTPStatus
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from sandbox.admin import post_view
from sandbox.metrics.accounts import figures_now
from sandbox.oauth import Provider
from sandbox.rendering import render
from sandbox.store import Document, Platform, Store


def routes(store: Store, providers: list[Provider]) -> APIRouter:
    router = APIRouter()

    titles = {provider.platform: provider.title for provider in providers}

    def posts_page(request: Request, platform: Platform, **fields: str) -> Response:
        """The platform's posts with these field values. Raises HTTPException 404 if there are none."""
        found = [_card(request, post) for post in reversed(store.posts(platform=platform, **fields))]
        if not found:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return render(request, "feeds.html", columns=[(titles[platform], platform, found)])

    @router.get("/")
    def feeds(request: Request) -> Response:
        posts = [_card(request, post) for post in reversed(store.posts())]
        columns = [
            (title, name, [post for post in posts if post["platform"] == name]) for name, title in titles.items()
        ]
        return render(request, "feeds.html", columns=columns)

    @router.get("/www.instagram.com/p/{shortcode}/")
    @router.get("/www.instagram.com/reel/{shortcode}/")
    def reel(request: Request, shortcode: str) -> Response:
        return posts_page(request, "instagram", shortcode=shortcode)

    @router.get("/www.tiktok.com/@{username}")
    def creator(request: Request, username: str) -> Response:
        """The profile; it also stands in for the URL that a private post lacks."""
        return posts_page(request, "tiktok", account_name=username)

    @router.get("/www.tiktok.com/@{username}/video/{id}")
    def tiktok(request: Request, username: str, id: str) -> Response:
        return posts_page(request, "tiktok", account_name=username, id=id)

    @router.get("/www.linkedin.com/feed/update/{urn}")
    def update(request: Request, urn: str) -> Response:
        return posts_page(request, "linkedin", id=urn)

    @router.get("/www.youtube.com/watch")
    def watch(request: Request, v: str) -> Response:
        return posts_page(request, "youtube", id=v)

    @router.get("/www.youtube.com/shorts/{id}")
    def short(request: Request, id: str) -> Response:
        return posts_page(request, "youtube", id=id)

    return router


def _card(request: Request, post: Document) -> Document:
    """A post with its link, its cover as a URL, its figures, and its audience unless it is public."""
    privacy = post.get("privacy") or ""
    counts = figures_now(request.app.state.store, post)
    return {
        **post_view(request, post),
        "views": counts.views,
        "likes": counts.likes,
        "link": f"{request.base_url}{_path(post)}",
        "cover": str(request.url_for("media", name=post["cover"])) if post.get("cover") else None,
        "seen_by": "" if privacy.lower().startswith("public") else privacy.replace("_", " ").lower(),
    }


def _path(post: Document) -> str:
    id = quote(post["id"])
    match post["platform"]:
        case "instagram":
            return f"www.instagram.com/{'p' if post.get('media_type') == 'IMAGE' else 'reel'}/{post['shortcode']}/"
        case "tiktok":
            return f"www.tiktok.com/@{post['account_name']}/video/{id}"
        case "linkedin":
            return f"www.linkedin.com/feed/update/{id}"
    return f"www.youtube.com/watch?v={id}"

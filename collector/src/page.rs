//! The live page: files that are part of this program, served under `/`. They fetch nothing from anywhere but here, and the
//! answers below `/api/` are all that they know.
//!
//! | file | |
//! |---|---|
//! | `page.html` | what there is, before anything has come |
//! | `page.css` | how it looks, in light and dark |
//! | `page.js` | what is shown, news of commits, keys |
//! | `list.js` | traces and conversations |
//! | `trace.js` | a waterfall and its spans |
//! | `figures.js` | percentiles, tools, trouble, tokens, counts |
//! | `dom.js` | pieces that all of them use |

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::routing::get;

/// Foreign text is shown on this page: whatever of it became markup could neither run nor fetch.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Path, kind, text.
const FILES: [(&str, &str, &str); 7] = [
    ("/", HTML, include_str!("page/page.html")),
    ("/page.css", CSS, include_str!("page/page.css")),
    ("/page.js", SCRIPT, include_str!("page/page.js")),
    ("/list.js", SCRIPT, include_str!("page/list.js")),
    ("/trace.js", SCRIPT, include_str!("page/trace.js")),
    ("/figures.js", SCRIPT, include_str!("page/figures.js")),
    ("/dom.js", SCRIPT, include_str!("page/dom.js")),
];

/// The paths.
pub(crate) fn router() -> Router {
    FILES.into_iter().fold(Router::new(), |router, (path, kind, text)| {
        let headers = [
            (CONTENT_TYPE, kind),
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
            // Another version of this program may answer at the same address tomorrow.
            (CACHE_CONTROL, "no-cache"),
        ];
        router.route(path, get(move || async move { (headers, text) }))
    })
}

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn nothing_on_the_page_comes_from_elsewhere_or_is_made_of_markup() {
        for (path, _, text) in FILES {
            let elsewhere = text.replace("http://www.w3.org/2000/svg", "");
            for word in [
                "http://",
                "https://",
                "//cdn",
                "@import",
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "eval(",
            ] {
                assert!(!elsewhere.contains(word), "{path}: {word}");
            }
        }
    }
}

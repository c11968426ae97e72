//! Links that SNS writes into its messages: they are followed by a click, without a signature.
//!
//! Documented: `ConfirmSubscription` needs a signature only where `AuthenticateOnUnsubscribe` is true (SNS's model,
//! botocore 1.44.5), and `Unsubscribe` only of a subscription that was confirmed so
//! (docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html, read 2026-11-29). Left out: subscriptions confirmed so.

use http::Uri;
use percent_encoding::percent_decode_str;
use wavetank_wire::route::Route;

use crate::world::Scope;

/// Whose topic a link is about, if the request is one of SNS's links.
pub(super) fn scope(route: &Route, uri: &Uri) -> Option<Scope> {
    let parameter = match (route.service.name, route.operation.name) {
        ("sns", "ConfirmSubscription") => "TopicArn",
        ("sns", "Unsubscribe") => "SubscriptionArn",
        _ => return None,
    };
    let mut pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    let (_, text) = pairs.find(|(name, _)| *name == parameter)?;
    Scope::of(&percent_decode_str(text).decode_utf8().ok()?)
}

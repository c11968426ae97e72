//! Runs that a region still has, found by their stacks' tags: for where the journal is gone with its machine.

use wavetank_wire::WireError;
use wavetank_wire::cloudformation::{DescribeStacks, DescribeStacksInput, Stack};

use super::TAGS;
use super::journal::{Journal, VERSION};
use crate::client::Aws;

/// A journal for each stack of a run, oldest first.
pub async fn find(aws: Aws<'_>, account: &str, endpoint: Option<&str>) -> Result<Vec<Journal>, WireError> {
    let (mut stacks, mut next_token) = (Vec::new(), None);
    loop {
        let input = DescribeStacksInput { next_token, ..DescribeStacksInput::default() };
        let page = aws.call::<DescribeStacks>(input).await?;
        stacks.extend(page.stacks.unwrap_or_default());
        next_token = page.next_token;
        if next_token.is_none() {
            break;
        }
    }
    stacks.sort_by(|one, other| {
        (one.creation_time, &one.stack_name).cmp(&(other.creation_time, &other.stack_name))
    });
    let journal = |stack: Stack| {
        let tag = |name: &str| {
            let tags = stack.tags.as_deref().unwrap_or_default();
            tags.iter().find(|tag| tag.key == name).map(|tag| tag.value.clone())
        };
        Some(Journal {
            version: VERSION,
            run: tag(TAGS[0])?,
            target: aws.target().name().to_owned(),
            endpoint: endpoint.map(str::to_owned),
            account: account.to_owned(),
            region: aws.region().to_owned(),
            scenario: tag(TAGS[1]).unwrap_or_default(),
            seed: tag(TAGS[2]).and_then(|seed| seed.parse().ok()).unwrap_or_default(),
            began_ms: stack.creation_time.millis(),
            stack: stack.stack_name.clone(),
            stack_id: stack.stack_id.clone(),
            ..Journal::default()
        })
    };
    let is_there = |stack: &Stack| stack.stack_status != "DELETE_COMPLETE";
    Ok(stacks.into_iter().filter(is_there).filter_map(journal).collect())
}

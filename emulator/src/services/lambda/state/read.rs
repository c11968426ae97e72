//! Looking at functions: one, a page of them, a page of versions, the account's limits.

use wavetank_wire::lambda as api;

use super::super::error::{NameRefusal, Refusal};
use super::super::limits;
use super::Lambda;
use super::names::Target;
use crate::world::Cx;

impl Lambda {
    /// A version, with the function's tags and reserved concurrency.
    pub(in super::super) fn get_function(
        &self,
        cx: &Cx<'_>,
        input: api::GetFunctionInput,
    ) -> Result<api::GetFunctionOutput, Refusal> {
        let target = Target::parse(cx.scope, &input.function_name, input.qualifier.as_deref())?;
        let (function, version) = self.version(cx, &target)?;
        let reserved = function.reserved.map(i64::from);
        Ok(api::GetFunctionOutput {
            configuration: Some(function.describe(cx.scope, version, target.qualifier.is_some())),
            code: Some(api::FunctionCodeLocation {
                repository_type: Some("S3".to_owned()),
                ..Default::default()
            }),
            tags: Some(function.tags.clone()).filter(|tags| !tags.is_empty()),
            tags_error: None,
            concurrency: reserved.map(|n| api::Concurrency { reserved_concurrent_executions: Some(n) }),
        })
    }

    pub(in super::super) fn get_function_configuration(
        &self,
        cx: &Cx<'_>,
        input: api::GetFunctionConfigurationInput,
    ) -> Result<api::FunctionConfiguration, Refusal> {
        let target = Target::parse(cx.scope, &input.function_name, input.qualifier.as_deref())?;
        let (function, version) = self.version(cx, &target)?;
        Ok(function.describe(cx.scope, version, target.qualifier.is_some()))
    }

    /// Functions by name; with `FunctionVersion` `ALL`, each with its published versions.
    pub(in super::super) fn list_functions(
        &self,
        cx: &Cx<'_>,
        input: api::ListFunctionsInput,
    ) -> Result<api::ListFunctionsOutput, Refusal> {
        let all = input.function_version.as_deref() == Some(api::function_version::ALL);
        let mut found = Vec::new();
        for function in self.functions.values() {
            found.push(function.describe_in_list(cx.scope, &function.latest, all));
            if all {
                let published = function.published.values();
                found.extend(published.map(|version| function.describe_in_list(cx.scope, version, true)));
            }
        }
        let (functions, next_marker) = page(found, input.marker.as_ref(), input.max_items)?;
        Ok(api::ListFunctionsOutput { next_marker, functions: Some(functions) })
    }

    /// `$LATEST`, then the published versions, oldest first.
    pub(in super::super) fn list_versions_by_function(
        &self,
        cx: &Cx<'_>,
        input: api::ListVersionsByFunctionInput,
    ) -> Result<api::ListVersionsByFunctionOutput, Refusal> {
        let target = Target::unqualified(cx.scope, &input.function_name)?;
        let function = self.function(cx, &target)?;
        let versions = std::iter::once(&function.latest).chain(function.published.values());
        let found = versions.map(|version| function.describe_in_list(cx.scope, version, true)).collect();
        let (versions, next_marker) = page(found, input.marker.as_ref(), input.max_items)?;
        Ok(api::ListVersionsByFunctionOutput { next_marker, versions: Some(versions) })
    }

    pub(in super::super) fn get_account_settings(&self) -> api::GetAccountSettingsOutput {
        let versions = self
            .functions
            .values()
            .flat_map(|function| std::iter::once(&function.latest).chain(function.published.values()));
        let used: i64 = versions.map(|version| version.code.size()).sum();
        let bytes = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
        api::GetAccountSettingsOutput {
            account_limit: Some(api::AccountLimit {
                total_code_size: Some(limits::TOTAL_CODE_BYTES),
                code_size_unzipped: Some(i64::try_from(limits::UNZIPPED_BYTES_MAX).unwrap_or(i64::MAX)),
                code_size_zipped: Some(bytes(limits::ZIP_BYTES_MAX)),
                concurrent_executions: Some(i64::from(limits::ACCOUNT_CONCURRENCY)),
                unreserved_concurrent_executions: Some(i64::from(self.unreserved())),
            }),
            account_usage: Some(api::AccountUsage {
                total_code_size: Some(used),
                function_count: Some(bytes(self.functions.len())),
            }),
        }
    }
}

/// One page, and the marker of the next: the place at which it begins.
fn page<T>(
    found: Vec<T>,
    marker: Option<&String>,
    entries_max: Option<i64>,
) -> Result<(Vec<T>, Option<String>), NameRefusal> {
    let start: usize = match marker {
        None => 0,
        Some(marker) => marker.parse().map_err(|_| NameRefusal::NotAMarker(marker.clone()))?,
    };
    let asked = entries_max.and_then(|n| usize::try_from(n).ok()).unwrap_or(limits::PAGE_ENTRIES_MAX);
    let length = asked.clamp(1, limits::PAGE_ENTRIES_MAX);
    let next = (found.len() > start.saturating_add(length)).then(|| (start + length).to_string());
    Ok((found.into_iter().skip(start).take(length).collect(), next))
}

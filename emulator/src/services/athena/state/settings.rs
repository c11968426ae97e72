//! Dispatch of what is neither a query nor kept text: workgroups, tags, engine versions, the data catalog itself.

use std::collections::BTreeMap;

use wavetank_types::Arn;
use wavetank_wire::athena::*;

use super::super::error::Refusal;
use super::results::engine_version;
use super::workgroups::group_arn;
use super::{Athena, GLUE_CATALOG, page};
use crate::world::Cx;

impl Athena {
    /// Answers those operations that are about settings.
    pub(in super::super) fn on_settings(
        &mut self,
        cx: &mut Cx<'_>,
        request: Request,
    ) -> Result<Response, Refusal> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateWorkGroup(input) => A::CreateWorkGroup(self.create_work_group(cx, input)?),
            Q::DeleteWorkGroup(input) => A::DeleteWorkGroup(self.delete_work_group(&input)?),
            Q::GetWorkGroup(input) => A::GetWorkGroup(self.get_work_group(&input)?),
            Q::ListWorkGroups(input) => A::ListWorkGroups(self.list_work_groups(&input)?),
            Q::UpdateWorkGroup(input) => A::UpdateWorkGroup(self.update_work_group(input)?),
            Q::ListEngineVersions(_) => A::ListEngineVersions(ListEngineVersionsOutput {
                engine_versions: Some(engine_versions()),
                next_token: None,
            }),
            Q::ListTagsForResource(input) => {
                let tags = self.tags(cx, &input.resource_arn)?;
                let tag = |(key, value): (&String, &String)| Tag {
                    key: Some(key.clone()),
                    value: Some(value.clone()),
                };
                let all = tags.iter().map(tag).collect();
                let (tags, next_token) = page(all, input.max_results, input.next_token.as_deref())?;
                A::ListTagsForResource(ListTagsForResourceOutput { tags: Some(tags), next_token })
            }
            Q::TagResource(input) => {
                self.tags(cx, &input.resource_arn)?.extend(tag_map(input.tags));
                A::TagResource(TagResourceOutput {})
            }
            Q::UntagResource(input) => {
                self.tags(cx, &input.resource_arn)?.retain(|key, _| !input.tag_keys.contains(key));
                A::UntagResource(UntagResourceOutput {})
            }
            Q::GetDataCatalog(input) => {
                if !input.name.eq_ignore_ascii_case(GLUE_CATALOG) {
                    return Err(Refusal::NoSuchCatalog(input.name));
                }
                A::GetDataCatalog(GetDataCatalogOutput { data_catalog: Some(glue_catalog(cx)) })
            }
            Q::ListDataCatalogs(_) => {
                let summary = DataCatalogSummary {
                    catalog_name: Some(GLUE_CATALOG.to_owned()),
                    r#type: Some(data_catalog_type::GLUE.to_owned()),
                    ..Default::default()
                };
                let data_catalogs_summary = Some(vec![summary]);
                A::ListDataCatalogs(ListDataCatalogsOutput { data_catalogs_summary, next_token: None })
            }
            other => unreachable!("{} is not about settings", other.operation()),
        })
    }

    /// The tags of a workgroup or of the data catalog, by ARN.
    fn tags(&mut self, cx: &Cx<'_>, arn: &str) -> Result<&mut BTreeMap<String, String>, Refusal> {
        let catalog = format!("datacatalog/{GLUE_CATALOG}");
        let catalog = Arn::new("athena", &cx.scope.region, &cx.scope.account, catalog);
        if arn == catalog.to_string() {
            return Ok(&mut self.catalog_tags);
        }
        let mut groups = self.groups.iter_mut();
        let found = groups.find(|(name, _)| arn == group_arn(cx.scope, name));
        found.map(|(_, group)| &mut group.tags).ok_or_else(|| Refusal::NoSuchResource(arn.to_owned()))
    }
}

/// Tags by key; one without a value has the empty one.
pub(super) fn tag_map(tags: Vec<Tag>) -> BTreeMap<String, String> {
    let pair = |tag: Tag| Some((tag.key?, tag.value.unwrap_or_default()));
    tags.into_iter().filter_map(pair).collect()
}

/// Assumed: `AUTO` comes first, and Spark's engine is not listed because it is not here.
fn engine_versions() -> Vec<EngineVersion> {
    let auto = engine_version();
    let named = EngineVersion {
        selected_engine_version: auto.effective_engine_version.clone(),
        effective_engine_version: auto.effective_engine_version.clone(),
    };
    vec![auto, named]
}

fn glue_catalog(cx: &Cx<'_>) -> DataCatalog {
    let account = cx.scope.account.as_str().to_owned();
    DataCatalog {
        name: GLUE_CATALOG.to_owned(),
        r#type: data_catalog_type::GLUE.to_owned(),
        parameters: Some(BTreeMap::from([("catalog-id".to_owned(), account)])),
        ..Default::default()
    }
}

//! Named queries: texts that a workgroup keeps. Athena does not look into them.

use wavetank_wire::athena::*;

use super::super::error::Refusal;
use super::{Athena, PRIMARY, page};
use crate::world::Cx;

impl Athena {
    /// Answers those operations that are about named queries.
    pub(in super::super) fn on_named(
        &mut self,
        cx: &mut Cx<'_>,
        request: Request,
    ) -> Result<Response, Refusal> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateNamedQuery(input) => A::CreateNamedQuery(self.create_named_query(cx, input)?),
            Q::GetNamedQuery(input) => {
                let named_query = Some(self.named_query(&input.named_query_id)?.clone());
                A::GetNamedQuery(GetNamedQueryOutput { named_query })
            }
            Q::DeleteNamedQuery(input) => {
                self.named_query(&input.named_query_id)?;
                self.named.shift_remove(&input.named_query_id);
                A::DeleteNamedQuery(DeleteNamedQueryOutput {})
            }
            Q::UpdateNamedQuery(input) => A::UpdateNamedQuery(self.update_named_query(input)?),
            Q::BatchGetNamedQuery(input) => A::BatchGetNamedQuery(self.batch_get_named_query(&input)),
            Q::ListNamedQueries(input) => A::ListNamedQueries(self.list_named_queries(&input)?),
            other => unreachable!("{} is not about named queries", other.operation()),
        })
    }

    /// The same client token gives the same query. Assumed: whatever else the request says.
    fn create_named_query(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateNamedQueryInput,
    ) -> Result<CreateNamedQueryOutput, Refusal> {
        let known = input.client_request_token.as_ref().and_then(|token| self.named_tokens.get(token));
        if let Some(id) = known {
            return Ok(CreateNamedQueryOutput { named_query_id: Some(id.clone()) });
        }
        let group = input.work_group.unwrap_or_else(|| PRIMARY.to_owned());
        self.group(&group)?;
        let id = cx.uuid();
        if let Some(token) = input.client_request_token {
            self.named_tokens.insert(token, id.clone());
        }
        let query = NamedQuery {
            name: input.name,
            description: input.description,
            database: input.database,
            query_string: input.query_string,
            named_query_id: Some(id.clone()),
            work_group: Some(group),
        };
        self.named.insert(id.clone(), query);
        Ok(CreateNamedQueryOutput { named_query_id: Some(id) })
    }

    fn update_named_query(
        &mut self,
        input: UpdateNamedQueryInput,
    ) -> Result<UpdateNamedQueryOutput, Refusal> {
        let id = input.named_query_id;
        let query = self.named.get_mut(&id).ok_or(Refusal::NoSuchNamedQuery(id))?;
        query.name = input.name;
        query.query_string = input.query_string;
        query.description = input.description.or(query.description.take());
        Ok(UpdateNamedQueryOutput {})
    }

    fn batch_get_named_query(&self, input: &BatchGetNamedQueryInput) -> BatchGetNamedQueryOutput {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for id in &input.named_query_ids {
            match self.named_query(id) {
                Ok(query) => found.push(query.clone()),
                Err(refusal) => missing.push(UnprocessedNamedQueryId {
                    named_query_id: Some(id.clone()),
                    error_code: Some("INVALID_INPUT".to_owned()),
                    error_message: Some(refusal.to_string()),
                }),
            }
        }
        BatchGetNamedQueryOutput { named_queries: Some(found), unprocessed_named_query_ids: Some(missing) }
    }

    fn list_named_queries(&self, input: &ListNamedQueriesInput) -> Result<ListNamedQueriesOutput, Refusal> {
        let group = input.work_group.as_deref().unwrap_or(PRIMARY);
        self.group(group)?;
        let in_group = self.named.iter().filter(|(_, query)| query.work_group.as_deref() == Some(group));
        let all = in_group.map(|(id, _)| id.clone()).collect();
        let (ids, next_token) = page(all, input.max_results, input.next_token.as_deref())?;
        Ok(ListNamedQueriesOutput { named_query_ids: Some(ids), next_token })
    }

    fn named_query(&self, id: &str) -> Result<&NamedQuery, Refusal> {
        self.named.get(id).ok_or_else(|| Refusal::NoSuchNamedQuery(id.to_owned()))
    }
}

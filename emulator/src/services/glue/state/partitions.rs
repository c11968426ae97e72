//! Partitions of a table, by their values in the order of the table's partition keys.

use wavetank_wire::glue::{
    BatchCreatePartitionInput, BatchCreatePartitionOutput, BatchDeletePartitionInput,
    BatchDeletePartitionOutput, BatchGetPartitionInput, BatchGetPartitionOutput, CreatePartitionInput,
    CreatePartitionOutput, DeletePartitionInput, DeletePartitionOutput, GetPartitionInput,
    GetPartitionOutput, GetPartitionsInput, GetPartitionsOutput, Partition, PartitionError, PartitionInput,
    UpdatePartitionInput, UpdatePartitionOutput,
};

use super::databases::{Catalog, own_catalog};
use super::tables::{TableEntry, filled};
use crate::services::glue::error::{GlueError, detail};
use crate::services::glue::expression::Expression;
use crate::services::glue::limits::PAGE_PARTITIONS;
use crate::services::glue::page::page;
use crate::world::Cx;

impl Catalog {
    pub(super) fn create_partition(
        &mut self,
        cx: &Cx<'_>,
        input: CreatePartitionInput,
    ) -> Result<CreatePartitionOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        self.table_mut(&input.database_name, &input.table_name)?.add_partition(cx, input.partition_input)?;
        Ok(CreatePartitionOutput {})
    }

    /// Adds what it can; the others come back with the reason.
    ///
    /// Assumed: a wrong number of values refuses the whole batch, as clients report.
    pub(super) fn batch_create_partition(
        &mut self,
        cx: &Cx<'_>,
        input: BatchCreatePartitionInput,
    ) -> Result<BatchCreatePartitionOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        let entry = self.table_mut(&input.database_name, &input.table_name)?;
        for partition in &input.partition_input_list {
            entry.fits(partition.values.as_deref().unwrap_or_default())?;
        }
        let mut errors = Vec::new();
        for partition in input.partition_input_list {
            let values = partition.values.clone();
            if let Err(error) = entry.add_partition(cx, partition) {
                errors.push(PartitionError { partition_values: values, error_detail: Some(detail(&error)) });
            }
        }
        Ok(BatchCreatePartitionOutput { errors: Some(errors) })
    }

    pub(super) fn get_partition(
        &self,
        cx: &Cx<'_>,
        input: GetPartitionInput,
    ) -> Result<GetPartitionOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        let entry = self.table(&input.database_name, &input.table_name)?;
        entry.fits(&input.partition_values)?;
        let partition = entry.partitions.get(&input.partition_values).ok_or(GlueError::NoPartition)?;
        Ok(GetPartitionOutput { partition: Some(partition.clone()) })
    }

    /// Partitions that the expression lets through, of one segment if one is asked for.
    ///
    /// Assumed: which partition is in which segment. Together the segments hold each partition once.
    pub(super) fn get_partitions(
        &self,
        cx: &Cx<'_>,
        input: GetPartitionsInput,
    ) -> Result<GetPartitionsOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        if input.transaction_id.is_some() || input.query_as_of_time.is_some() {
            return Err(GlueError::NotBuilt("governed tables (TransactionId, QueryAsOfTime)".to_owned()));
        }
        let entry = self.table(&input.database_name, &input.table_name)?;
        let keys = entry.table.partition_keys.as_deref().unwrap_or_default();
        let wanted = match input.expression.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => {
                Some(Expression::read(text, keys).map_err(|error| GlueError::Invalid(error.to_string()))?)
            }
        };
        let (number, total) =
            input.segment.map_or((0, 1), |segment| (segment.segment_number, segment.total_segments));
        let in_segment = |at: usize| i64::try_from(at).unwrap_or(0).rem_euclid(total.max(1)) == number;
        let bare = input.exclude_column_schema.unwrap_or(false);
        let entries = entry
            .partitions
            .iter()
            .enumerate()
            .filter(|(at, (values, _))| {
                in_segment(*at) && wanted.as_ref().is_none_or(|wanted| wanted.admits(values))
            })
            .map(|(_, (values, partition))| (values.clone(), shown(partition, bare)));
        let page = page(entries, input.next_token.as_deref(), input.max_results, PAGE_PARTITIONS)?;
        Ok(GetPartitionsOutput { partitions: Some(page.entries), next_token: page.next_token })
    }

    /// The partitions of these values that exist; the others are left out.
    pub(super) fn batch_get_partition(
        &self,
        cx: &Cx<'_>,
        input: BatchGetPartitionInput,
    ) -> Result<BatchGetPartitionOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        let entry = self.table(&input.database_name, &input.table_name)?;
        let found = input.partitions_to_get.iter().filter_map(|wanted| entry.partitions.get(&wanted.values));
        Ok(BatchGetPartitionOutput {
            partitions: Some(found.cloned().collect()),
            unprocessed_keys: Some(Vec::new()),
        })
    }

    /// Replaces a partition, which may get other values.
    pub(super) fn update_partition(
        &mut self,
        cx: &Cx<'_>,
        input: UpdatePartitionInput,
    ) -> Result<UpdatePartitionOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        let entry = self.table_mut(&input.database_name, &input.table_name)?;
        let before = input.partition_value_list;
        let mut partition_input = input.partition_input;
        let after = partition_input.values.get_or_insert_with(|| before.clone()).clone();
        entry.fits(&after)?;
        let Some(old) = entry.partitions.get(&before) else { return Err(GlueError::NoPartition) };
        if after != before && entry.partitions.contains_key(&after) {
            return Err(GlueError::PartitionExists);
        }
        let mut partition = entry.stored_partition(cx, partition_input);
        partition.creation_time = old.creation_time;
        entry.partitions.remove(&before);
        entry.partitions.insert(after, partition);
        Ok(UpdatePartitionOutput {})
    }

    pub(super) fn delete_partition(
        &mut self,
        cx: &Cx<'_>,
        input: DeletePartitionInput,
    ) -> Result<DeletePartitionOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        let entry = self.table_mut(&input.database_name, &input.table_name)?;
        entry.partitions.remove(&input.partition_values).ok_or(GlueError::NoPartition)?;
        Ok(DeletePartitionOutput {})
    }

    pub(super) fn batch_delete_partition(
        &mut self,
        cx: &Cx<'_>,
        input: BatchDeletePartitionInput,
    ) -> Result<BatchDeletePartitionOutput, GlueError> {
        own_catalog(cx, input.catalog_id.as_ref())?;
        let entry = self.table_mut(&input.database_name, &input.table_name)?;
        let mut errors = Vec::new();
        for wanted in input.partitions_to_delete {
            if entry.partitions.remove(&wanted.values).is_none() {
                let error_detail = Some(detail(&GlueError::NoPartition));
                errors.push(PartitionError { partition_values: Some(wanted.values), error_detail });
            }
        }
        Ok(BatchDeletePartitionOutput { errors: Some(errors) })
    }
}

impl TableEntry {
    fn fits(&self, values: &[String]) -> Result<(), GlueError> {
        let keys = self.table.partition_keys.as_ref().map_or(0, Vec::len);
        if values.len() == keys && keys > 0 { Ok(()) } else { Err(GlueError::PartitionValueCount) }
    }

    pub(super) fn add_partition(&mut self, cx: &Cx<'_>, input: PartitionInput) -> Result<(), GlueError> {
        let values = input.values.clone().unwrap_or_default();
        self.fits(&values)?;
        if self.partitions.contains_key(&values) {
            return Err(GlueError::PartitionExists);
        }
        let partition = self.stored_partition(cx, input);
        self.partitions.insert(values, partition);
        Ok(())
    }

    pub(super) fn stored_partition(&self, cx: &Cx<'_>, input: PartitionInput) -> Partition {
        Partition {
            values: input.values,
            database_name: self.table.database_name.clone(),
            table_name: Some(self.table.name.clone()),
            creation_time: Some(cx.now),
            last_access_time: input.last_access_time,
            storage_descriptor: input.storage_descriptor.map(filled),
            parameters: input.parameters,
            last_analyzed_time: input.last_analyzed_time,
            catalog_id: Some(cx.scope.account.to_string()),
        }
    }
}

/// A partition as it is answered, without its columns if the caller asks so.
fn shown(partition: &Partition, bare: bool) -> Partition {
    let mut partition = partition.clone();
    if let (true, Some(descriptor)) = (bare, &mut partition.storage_descriptor) {
        descriptor.columns = None;
    }
    partition
}

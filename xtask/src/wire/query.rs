//! The query protocol's names for a service whose newest model speaks JSON only.
//!
//! An older model has them: element names, flattened lists, result wrappers, error codes. Members keep the newest
//! model's order, so that a value is the same in either protocol.

use super::model::{Model, Reference, Shape};

/// The newest model as the query protocol spells it. The codes and statuses of errors, which JSON answers carry in
/// a header, go into `newest` too.
pub(crate) fn overlay(newest: &mut Model, old: &Model) -> Model {
    for (name, shape) in &mut newest.shapes {
        if let Some(old) = old.shapes.get(name).filter(|_| shape.exception) {
            shape.error.clone_from(&old.error);
        }
    }
    let mut spoken = newest.clone();
    spoken.metadata.protocol.clone_from(&old.metadata.protocol);
    spoken.metadata.xml_namespace.clone_from(&old.metadata.xml_namespace);
    spoken.metadata.json_version = None;
    spoken.metadata.target_prefix = None;
    for (name, operation) in &mut spoken.operations {
        let output = old.operations.get(name).and_then(|operation| operation.output.as_ref());
        if let (Some(output), Some(old)) = (&mut operation.output, output) {
            output.result_wrapper.clone_from(&old.result_wrapper);
        }
    }
    for (name, shape) in &mut spoken.shapes {
        if let Some(old) = old.shapes.get(name) {
            rename_parts(shape, old);
        }
    }
    spoken
}

fn rename_parts(shape: &mut Shape, old: &Shape) {
    shape.flattened |= old.flattened;
    for (name, member) in &mut shape.members {
        if let Some(old) = old.members.get(name) {
            rename(member, old);
        }
    }
    let parts = [&mut shape.member, &mut shape.key, &mut shape.value];
    for (part, old) in parts.into_iter().zip([&old.member, &old.key, &old.value]) {
        if let (Some(part), Some(old)) = (part.as_deref_mut(), old.as_deref()) {
            rename(part, old);
        }
    }
}

fn rename(reference: &mut Reference, old: &Reference) {
    reference.location_name.clone_from(&old.location_name);
    reference.flattened |= old.flattened;
}

//! DynamoDB and DynamoDB Streams.

#![allow(dead_code)]
#![allow(unused_imports)]
pub(crate) mod expression;
pub(crate) mod legacy;
pub(crate) mod partiql;
pub(crate) mod terms;
pub(crate) mod value;

//! Sums payments by account, twice: [`add`] as it is often written, [`add_once`] as it should be.
//!
//! SQS delivers at least once. A function that dies after its work and before its answer is called again with the same
//! messages; [`add`] then adds them again. No test without faults shows that.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

const TABLE: &str = "balances";

fn payments(event: &Value) -> Vec<Value> {
    let bodies =
        event["Records"].as_array().into_iter().flatten().filter_map(|record| record["body"].as_str());
    bodies.filter_map(|body| serde_json::from_str(body).ok()).collect()
}

fn text(payment: &Value, member: &str) -> String {
    payment[member].as_str().unwrap_or_default().to_owned()
}

/// Adds each payment to its account. The bug: nothing remembers which payments have been added.
pub async fn add(client: &Client, event: &Value) -> Result<(), SdkError<UpdateItemError>> {
    for payment in payments(event) {
        let update = client.update_item().table_name(TABLE);
        let update = update.key("account", AttributeValue::S(text(&payment, "account")));
        let update = update.update_expression("ADD balance :amount");
        let amount = AttributeValue::N(payment["amount"].to_string());
        update.expression_attribute_values(":amount", amount).send().await?;
    }
    Ok(())
}

/// Adds each payment to its account, unless the account has had it.
pub async fn add_once(client: &Client, event: &Value) -> Result<(), SdkError<UpdateItemError>> {
    for payment in payments(event) {
        let id = text(&payment, "id");
        let update = client.update_item().table_name(TABLE);
        let update = update.key("account", AttributeValue::S(text(&payment, "account")));
        let update = update
            .update_expression("ADD balance :amount, seen :ids")
            .condition_expression("NOT contains(seen, :id)")
            .expression_attribute_values(":amount", AttributeValue::N(payment["amount"].to_string()))
            .expression_attribute_values(":ids", AttributeValue::Ss(vec![id.clone()]))
            .expression_attribute_values(":id", AttributeValue::S(id));
        match update.send().await {
            Ok(_) => {}
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => {}
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

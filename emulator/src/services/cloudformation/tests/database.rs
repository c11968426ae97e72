//! A stack with a database, its login and its groups. Where PostgreSQL is missing this says so and passes.

use std::time::Duration;

use wavetank_wire::{Operation, cloudformation as api};

use crate::driver::Tank;
use crate::executors::postgres;
use crate::world::Scope;

const TEMPLATE: &str = "
Resources:
  Login:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: login, SecretString: '{\"username\": \"store\", \"password\": \"correct-horse\"}'}
  Net:
    Type: AWS::RDS::DBSubnetGroup
    Properties: {DBSubnetGroupDescription: d, SubnetIds: [subnet-1, subnet-2]}
  Shop:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceIdentifier: shop
      DBInstanceClass: db.t3.micro
      Engine: postgres
      AllocatedStorage: 20
      MasterUsername: store
      MasterUserPassword: correct-horse
      DBSubnetGroupName: !Ref Net
Outputs:
  Address: {Value: !Sub '${Shop.Endpoint.Address}:${Shop.Endpoint.Port}'}
  Login: {Value: !Ref Login}
";

async fn ask<O: Operation>(tank: &Tank, input: O::Input) -> O::Output {
    tank.request::<O>(&Scope::default(), input).await.unwrap_or_else(|error| panic!("{}: {error}", O::NAME))
}

#[tokio::test]
async fn a_stack_has_a_database_that_can_be_joined_and_leaves_none() {
    if let Err(missing) = postgres::find(None) {
        eprintln!("skipped: {missing}");
        return;
    }
    let tank = Tank::builder().build();
    let input = api::CreateStackInput {
        stack_name: "shop".to_owned(),
        template_body: Some(TEMPLATE.to_owned()),
        ..Default::default()
    };
    ask::<api::CreateStack>(&tank, input).await;
    tank.settle(Duration::from_secs(600)).await;
    let describe = api::DescribeStacksInput { stack_name: Some("shop".to_owned()), ..Default::default() };
    let stack = ask::<api::DescribeStacks>(&tank, describe).await.stacks.expect("it is there").remove(0);
    assert_eq!(stack.stack_status, "CREATE_COMPLETE", "{:?}", stack.stack_status_reason);
    let outputs = stack.outputs.expect("outputs");
    let output = |key: &str| {
        let found = outputs.iter().find(|one| one.output_key.as_deref() == Some(key));
        found.and_then(|one| one.output_value.clone()).expect("it is put out")
    };
    let address = output("Address");
    assert!(std::net::TcpStream::connect(&address).is_ok(), "{address}");
    assert!(output("Login").starts_with("arn:aws:secretsmanager:us-east-1:000000000000:secret:login-"));
    ask::<api::DeleteStack>(
        &tank,
        api::DeleteStackInput { stack_name: "shop".to_owned(), ..Default::default() },
    )
    .await;
    tank.settle(Duration::from_secs(600)).await;
    assert!(std::net::TcpStream::connect(&address).is_err(), "{address}");
}

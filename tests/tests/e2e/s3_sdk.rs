//! S3 with the genuine SDK, in-process: no socket, no sleep.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};
use wavetank::Tank;

async fn bucket(tank: &Tank) -> Client {
    let client = tank.s3();
    client.create_bucket().bucket("b-1").send().await.unwrap();
    client
}

async fn put(client: &Client, key: &str, body: &'static [u8]) {
    client.put_object().bucket("b-1").key(key).body(ByteStream::from_static(body)).send().await.unwrap();
}

#[wavetank::test(seed = 1)]
async fn an_object_comes_back_as_it_was_put(tank: Tank) {
    let client = bucket(&tank).await;
    let stored = client
        .put_object()
        .bucket("b-1")
        .key("folder/a b+c.txt")
        .metadata("who", "me")
        .content_type("text/plain")
        .body(ByteStream::from_static(b"hello"))
        .send()
        .await
        .unwrap();
    assert_eq!(stored.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    let got = client.get_object().bucket("b-1").key("folder/a b+c.txt").send().await.unwrap();
    assert_eq!((got.content_type(), got.content_length()), (Some("text/plain"), Some(5)));
    assert_eq!(got.metadata().unwrap()["who"], "me");
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hello");
    let part =
        client.get_object().bucket("b-1").key("folder/a b+c.txt").range("bytes=1-2").send().await.unwrap();
    assert_eq!(part.content_range(), Some("bytes 1-2/5"));
    assert_eq!(part.body.collect().await.unwrap().to_vec(), b"el");
}

#[wavetank::test(seed = 1)]
async fn listings_fold_folders_and_page_without_gaps(tank: Tank) {
    let client = bucket(&tank).await;
    for key in ["a/1", "a/2", "b/1", "c", "d"] {
        put(&client, key, b"x").await;
    }
    let folded = client.list_objects_v2().bucket("b-1").delimiter("/").send().await.unwrap();
    let prefixes: Vec<&str> = folded.common_prefixes().iter().filter_map(|prefix| prefix.prefix()).collect();
    let keys: Vec<&str> = folded.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!((prefixes, keys), (vec!["a/", "b/"], vec!["c", "d"]));
    let mut paged = Vec::new();
    let mut pages = client.list_objects_v2().bucket("b-1").max_keys(2).into_paginator().send();
    while let Some(page) = pages.next().await {
        paged.extend(page.unwrap().contents().iter().filter_map(|object| object.key().map(str::to_owned)));
    }
    assert_eq!(paged, ["a/1", "a/2", "b/1", "c", "d"]);
}

#[wavetank::test(seed = 1)]
async fn parts_become_one_object_with_their_own_kind_of_tag(tank: Tank) {
    let client = bucket(&tank).await;
    let upload = client.create_multipart_upload().bucket("b-1").key("big").send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let mut parts = Vec::new();
    for (number, size) in [(1, 5 * 1024 * 1024), (2, 3)] {
        let body = ByteStream::from(vec![b'a' + number as u8; size]);
        let part = client
            .upload_part()
            .bucket("b-1")
            .key("big")
            .upload_id(id)
            .part_number(number)
            .body(body)
            .send()
            .await
            .unwrap();
        parts.push(CompletedPart::builder().part_number(number).e_tag(part.e_tag().unwrap()).build());
    }
    let done = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let done = client
        .complete_multipart_upload()
        .bucket("b-1")
        .key("big")
        .upload_id(id)
        .multipart_upload(done)
        .send()
        .await
        .unwrap();
    assert!(done.e_tag().unwrap().ends_with("-2\""), "{done:?}");
    let head = client.head_object().bucket("b-1").key("big").send().await.unwrap();
    assert_eq!(head.content_length(), Some(5 * 1024 * 1024 + 3));
}

#[wavetank::test(seed = 1)]
async fn refusals_have_awss_codes(tank: Tank) {
    let client = bucket(&tank).await;
    let missing = client.get_object().bucket("b-1").key("no").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchKey"));
    let missing = client.get_object().bucket("no-such").key("no").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchBucket"));
    put(&client, "k", b"x").await;
    let full = client.delete_bucket().bucket("b-1").send().await.unwrap_err();
    assert_eq!(full.code(), Some("BucketNotEmpty"));
    let exists = client.put_object().bucket("b-1").key("k").if_none_match("*").send().await.unwrap_err();
    assert_eq!(exists.code(), Some("PreconditionFailed"));
    let unbuilt = client.list_bucket_inventory_configurations().bucket("b-1").send().await.unwrap_err();
    assert_eq!(unbuilt.code(), Some("NotImplemented"));
    assert!(unbuilt.message().unwrap().contains("ListBucketInventoryConfigurations"), "{unbuilt:?}");
}

#[wavetank::test(seed = 1)]
async fn many_are_deleted_at_once_and_an_empty_bucket_goes(tank: Tank) {
    let client = bucket(&tank).await;
    put(&client, "a", b"x").await;
    put(&client, "b", b"x").await;
    let ids = ["a", "b", "never"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(ids.to_vec())).build().unwrap();
    let done = client.delete_objects().bucket("b-1").delete(delete).send().await.unwrap();
    assert_eq!((done.deleted().len(), done.errors().len()), (3, 0));
    client.delete_bucket().bucket("b-1").send().await.unwrap();
    assert!(client.list_buckets().send().await.unwrap().buckets().is_empty());
}

#[wavetank::test(seed = 1)]
async fn a_copy_is_an_object_of_its_own(tank: Tank) {
    let client = bucket(&tank).await;
    put(&client, "from", b"x").await;
    client.copy_object().bucket("b-1").key("to").copy_source("b-1/from").send().await.unwrap();
    put(&client, "from", b"changed").await;
    let copy = client.get_object().bucket("b-1").key("to").send().await.unwrap();
    assert_eq!(copy.body.collect().await.unwrap().to_vec(), b"x");
}

//! Where AWS's services listen: a host for each service and region, and the region that signs for it.
//!
//! Documented: docs.aws.amazon.com/general/latest/gr/aws-service-information.html, a page for each service; the prefixes are
//! `endpointPrefix` of the services' models (`wire/models/`). S3's hosts are the SDK's to know.
//! Left out, and refused by name: the partitions beside `aws`. Their ARNs begin otherwise, and templates spell `arn:aws:`.

/// Hosts that do not begin with the model's name. Documented: as above; MWAA's host prefix is in its model.
const PREFIXES: [(&str, &str); 3] =
    [("cloudwatch", "monitoring"), ("dynamodbstreams", "streams.dynamodb"), ("mwaa", "api.airflow")];

/// Services with one host for all regions, and the region that signs. Documented:
/// docs.aws.amazon.com/general/latest/gr/iam-service.html.
const GLOBAL: [(&str, &str, &str); 1] = [("iam", "iam.amazonaws.com", "us-east-1")];

/// Partitions by how their regions begin. Documented:
/// docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html; the ISO and EU ones are the SDKs' `partitions.json`.
const OTHER_PARTITIONS: [(&str, &str); 6] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
];

/// Domains whose hosts are AWS's, whatever the partition. Documented:
/// docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html (`api.aws`: dual-stack hosts).
const DOMAINS: [&str; 3] = ["amazonaws.com", "amazonaws.com.cn", "api.aws"];

/// Whether a host is AWS's own: what is made there costs money.
pub fn is_aws(host: &str) -> bool {
    // A name may end with the dot of the root.
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_in =
        |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    DOMAINS.iter().any(is_in)
}

/// Where requests to a service go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Such as `kinesis.eu-west-1.amazonaws.com`.
    pub host: String,
    /// The region in the signature.
    pub signing_region: String,
}

/// Why there is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A region of another partition.
    #[error(
        "region {region} is of the partition {partition}, which is not built\nhint: choose a region of the partition aws, such as us-east-1"
    )]
    Partition {
        /// The region.
        region: String,
        /// Its partition.
        partition: &'static str,
    },
    /// Nothing like a region.
    #[error("`{0}` is no region of AWS\nhint: write it as in us-east-1")]
    NoRegion(String),
}

/// Refuses what is no region of the partition `aws`.
pub fn check_region(region: &str) -> Result<(), AddressError> {
    if let Some((_, partition)) = OTHER_PARTITIONS.iter().find(|(start, _)| region.starts_with(start)) {
        return Err(AddressError::Partition { region: region.to_owned(), partition });
    }
    // `us-east-1`: letters, letters, a number.
    let parts: Vec<&str> = region.split('-').collect();
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match parts[..] {
        [area, place, number] if area.len() == 2 && is_word(area) && is_word(place) && is_number(number) => {
            Ok(())
        }
        _ => Err(AddressError::NoRegion(region.to_owned())),
    }
}

/// Where a service (by its model's name) listens for a region that [`check_region`] has let through.
pub fn place(service: &str, region: &str) -> Place {
    if let Some((_, host, signing_region)) = GLOBAL.iter().find(|(name, _, _)| *name == service) {
        return Place { host: (*host).to_owned(), signing_region: (*signing_region).to_owned() };
    }
    let prefix = PREFIXES.iter().find(|(name, _)| *name == service).map_or(service, |(_, prefix)| prefix);
    Place { host: format!("{prefix}.{region}.amazonaws.com"), signing_region: region.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_those_of_the_services_pages() {
        let check = |service: &str, host: &str, signing_region: &str| {
            let found = place(service, "ap-southeast-1");
            assert_eq!((found.host.as_str(), found.signing_region.as_str()), (host, signing_region));
        };
        check("kinesis", "kinesis.ap-southeast-1.amazonaws.com", "ap-southeast-1");
        check("cloudwatch", "monitoring.ap-southeast-1.amazonaws.com", "ap-southeast-1");
        check("dynamodbstreams", "streams.dynamodb.ap-southeast-1.amazonaws.com", "ap-southeast-1");
        check("rds-data", "rds-data.ap-southeast-1.amazonaws.com", "ap-southeast-1");
        check("mwaa", "api.airflow.ap-southeast-1.amazonaws.com", "ap-southeast-1");
        check("iam", "iam.amazonaws.com", "us-east-1");
    }

    #[test]
    fn every_service_that_is_served_is_looked_up_by_the_prefix_of_its_model() {
        for service in wavetank_wire::SERVICES {
            let model = format!("{}/../wire/models/{}.json", env!("CARGO_MANIFEST_DIR"), service.name);
            let text = std::fs::read_to_string(&model).unwrap();
            let (_, rest) = text.split_once("\"endpointPrefix\":\"").unwrap();
            let (prefix, _) = rest.split_once('"').unwrap();
            let host = place(service.name, "eu-west-1").host;
            let host = host.strip_prefix("api.").unwrap_or(&host);
            assert!(host.starts_with(&format!("{prefix}.")), "{host} of {model}");
        }
    }

    #[test]
    fn awss_hosts_are_told_from_those_that_only_look_like_them() {
        for host in
            ["amazonaws.com", "S3.us-east-1.AmazonAWS.com", "sqs.amazonaws.com.", "x.amazonaws.com.cn"]
        {
            assert!(is_aws(host), "{host}");
        }
        assert!(is_aws("s3.dualstack.us-east-1.api.aws"));
        for host in ["127.0.0.1", "myamazonaws.com", "amazonaws.com.example", "s3.api.aws.example", "minio"] {
            assert!(!is_aws(host), "{host}");
        }
    }

    #[test]
    fn other_partitions_and_what_is_no_region_are_refused_by_name() {
        for (region, partition) in
            [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")]
        {
            let said = check_region(region).unwrap_err().to_string();
            assert!(said.contains(region) && said.contains(partition) && said.contains("hint:"), "{said}");
        }
        for region in ["us-east-1", "ap-southeast-7", "mx-central-1"] {
            assert_eq!(check_region(region), Ok(()));
        }
        for region in ["", "europe", "us-east", "us-east-1/", "US-EAST-1", "us-east-x"] {
            assert_eq!(check_region(region), Err(AddressError::NoRegion(region.to_owned())));
        }
    }
}

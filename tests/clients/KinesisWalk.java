import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import software.amazon.awssdk.auth.credentials.*;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.*;
import software.amazon.awssdk.services.kinesis.model.*;

/** What a Java program does with Kinesis: the requests of tests/data/java_kinesis.txt are those of this walk.
 *
 * Run with the jars of software.amazon.awssdk:kinesis (the wheel kclpy-ext carries them) on the class path:
 * `java -cp "jars/*" KinesisWalk.java http://127.0.0.1:4566 subscribe`. The second word adds SubscribeToShard over HTTP/2.
 */
public class KinesisWalk {
    public static void main(String[] args) throws Exception {
        URI at = URI.create(args[0]);
        var creds = StaticCredentialsProvider.create(AwsBasicCredentials.create("000000000000", "test"));
        KinesisClient k = KinesisClient.builder().endpointOverride(at).region(Region.US_EAST_1).credentialsProvider(creds).build();
        k.createStream(b -> b.streamName("java").shardCount(2));
        for (int i = 0; i < 50; i++) {
            if (k.describeStreamSummary(b -> b.streamName("java")).streamDescriptionSummary().streamStatus() == StreamStatus.ACTIVE) break;
            Thread.sleep(100);
        }
        System.out.println(k.listStreams(b -> b.limit(10)).streamNames());
        var put = k.putRecord(b -> b.streamName("java").partitionKey("a").explicitHashKey("0").data(SdkBytes.fromByteArray(new byte[]{0, (byte) 255, 1, (byte) 128})));
        System.out.println("put " + put.shardId() + " " + put.sequenceNumber());
        var entries = new ArrayList<PutRecordsRequestEntry>();
        for (int i = 0; i < 3; i++) { int n = i; entries.add(PutRecordsRequestEntry.builder().partitionKey("k\u1ec7" + n).data(SdkBytes.fromUtf8String("record " + n)).build()); }
        var puts = k.putRecords(b -> b.streamName("java").records(entries));
        System.out.println("puts " + puts.failedRecordCount() + " " + puts.records().size());
        var shards = k.listShards(b -> b.streamName("java").shardFilter(f -> f.type(ShardFilterType.AT_TRIM_HORIZON))).shards();
        String arn = k.describeStreamSummary(b -> b.streamName("java")).streamDescriptionSummary().streamARN();
        int read = 0;
        for (Shard s : shards) {
            String it = k.getShardIterator(b -> b.streamARN(arn).shardId(s.shardId()).shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(Instant.ofEpochMilli(1700000000123L))).shardIterator();
            var page = k.getRecords(b -> b.streamARN(arn).shardIterator(it).limit(100));
            for (var r : page.records()) { read++; System.out.println("got " + r.partitionKey() + " " + r.data().asByteArray().length + " " + r.approximateArrivalTimestamp().toEpochMilli()); }
            System.out.println("behind " + page.millisBehindLatest());
        }
        System.out.println("read " + read);
        try { k.putRecord(b -> b.streamName("none").partitionKey("a").data(SdkBytes.fromUtf8String("x"))); System.out.println("NO ERROR"); }
        catch (ResourceNotFoundException e) { System.out.println("refused " + e.awsErrorDetails().errorCode() + ": " + e.awsErrorDetails().errorMessage()); }
        try { k.getShardIterator(b -> b.streamName("java").shardId("shardId-000000000000").shardIteratorType("AT_SEQUENCE_NUMBER")); System.out.println("NO ERROR"); }
        catch (InvalidArgumentException e) { System.out.println("refused " + e.awsErrorDetails().errorCode()); }
        var consumer = k.registerStreamConsumer(b -> b.streamARN(arn).consumerName("java")).consumer();
        for (int i = 0; i < 50; i++) {
            if (k.describeStreamConsumer(b -> b.consumerARN(consumer.consumerARN())).consumerDescription().consumerStatus() == ConsumerStatus.ACTIVE) break;
            Thread.sleep(100);
        }
        if (args.length > 1) {
            KinesisAsyncClient a = KinesisAsyncClient.builder().endpointOverride(at).region(Region.US_EAST_1).credentialsProvider(creds).build();
            var got = new CountDownLatch(1);
            var handler = SubscribeToShardResponseHandler.builder()
                .onError(t -> System.out.println("stream error " + t))
                .subscriber(e -> { if (e instanceof SubscribeToShardEvent s && !s.records().isEmpty()) { System.out.println("pushed " + s.records().size() + " " + s.continuationSequenceNumber().length()); got.countDown(); } })
                .build();
            var f = a.subscribeToShard(b -> b.consumerARN(consumer.consumerARN()).shardId(shards.get(0).shardId()).startingPosition(p -> p.type(ShardIteratorType.TRIM_HORIZON)), handler);
            System.out.println("subscribed " + got.await(10, TimeUnit.SECONDS));
            f.cancel(true);
            a.close();
        }
        System.out.println("limits " + k.describeLimits(b -> {}).openShardCount());
        k.updateShardCount(b -> b.streamName("java").targetShardCount(4).scalingType(ScalingType.UNIFORM_SCALING));
        Thread.sleep(1200);
        k.addTagsToStream(b -> b.streamName("java").tags(Map.of("team", "tank")));
        System.out.println("tags " + k.listTagsForStream(b -> b.streamName("java")).tags());
        k.deleteStream(b -> b.streamName("java").enforceConsumerDeletion(true));
        k.close();
        System.out.println("done");
        System.exit(0);
    }
}

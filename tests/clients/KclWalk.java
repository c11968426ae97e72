// Reads a stream with the Kinesis Client Library while one of its shards is split, by polling or by enhanced fan-out.
//
//     java -cp JARS KclWalk.java ENDPOINT RECORDS polling|fanout
//
// Exits with 0 if every record came, in the order of its key, and each shard ended as it should. See tests/tests/e2e/kcl.rs.

import java.net.URI;
import java.util.ArrayList;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

public class KclWalk {
    static final int KEYS = 50;
    static final ConcurrentHashMap<Integer, Integer> seen = new ConcurrentHashMap<>();
    static final ConcurrentHashMap<String, Integer> last = new ConcurrentHashMap<>();
    static final AtomicInteger outOfOrder = new AtomicInteger();
    static final ConcurrentSkipListSet<String> events = new ConcurrentSkipListSet<>();

    static class Processor implements ShardRecordProcessor {
        private String shard;

        public void initialize(InitializationInput input) {
            shard = input.shardId();
            events.add("begins " + shard);
        }

        public void processRecords(ProcessRecordsInput input) {
            input.records().forEach(record -> {
                byte[] bytes = new byte[record.data().remaining()];
                record.data().get(bytes);
                int number = Integer.parseInt(new String(bytes));
                seen.merge(number, 1, Integer::sum);
                Integer before = last.put(record.partitionKey(), number);
                if (before != null && before >= number) {
                    outOfOrder.incrementAndGet();
                }
            });
            checkpoint(() -> input.checkpointer().checkpoint());
        }

        public void leaseLost(LeaseLostInput input) {
            events.add("lost " + shard);
        }

        public void shardEnded(ShardEndedInput input) {
            events.add("ended " + shard);
            checkpoint(() -> input.checkpointer().checkpoint());
        }

        public void shutdownRequested(ShutdownRequestedInput input) {
            checkpoint(() -> input.checkpointer().checkpoint());
        }

        interface Step {
            void take() throws Exception;
        }

        private void checkpoint(Step step) {
            try {
                step.take();
            } catch (Exception error) {
                events.add("no checkpoint of " + shard + ": " + error);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        URI endpoint = URI.create(args[0]);
        int records = Integer.parseInt(args[1]);
        String name = "kcl-" + args[2];
        var credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
        var region = Region.US_EAST_1;
        KinesisAsyncClient kinesis = KinesisClientUtil.createKinesisAsyncClient(
            KinesisAsyncClient.builder().endpointOverride(endpoint).region(region).credentialsProvider(credentials));
        DynamoDbAsyncClient dynamo =
            DynamoDbAsyncClient.builder().endpointOverride(endpoint).region(region).credentialsProvider(credentials).build();
        CloudWatchAsyncClient cloudwatch =
            CloudWatchAsyncClient.builder().endpointOverride(endpoint).region(region).credentialsProvider(credentials).build();
        kinesis.createStream(r -> r.streamName(name).shardCount(2)).get();
        kinesis.waiter().waitUntilStreamExists(r -> r.streamName(name)).get();

        Scheduler scheduler = scheduler(name, args[2], kinesis, dynamo, cloudwatch);
        Thread thread = new Thread(scheduler);
        thread.setDaemon(true);
        thread.start();
        put(kinesis, name, 0, records / 2);
        split(kinesis, name);
        put(kinesis, name, records / 2, records);

        long end = System.currentTimeMillis() + 150_000;
        while ((seen.size() < records || !events.contains("ended shardId-000000000000")) && System.currentTimeMillis() < end) {
            Thread.sleep(200);
        }
        String happened = events.toString();
        scheduler.startGracefulShutdown().get(60, TimeUnit.SECONDS);
        var ends = new TreeSet<String>();
        for (var lease : dynamo.scan(r -> r.tableName(name + "-app")).get().items()) {
            boolean isEnd = lease.containsKey("checkpoint") && lease.get("checkpoint").s().equals("SHARD_END");
            if (isEnd) {
                ends.add(lease.get("leaseKey").s());
            }
        }
        String expected = "[begins shardId-000000000000, begins shardId-000000000001, begins shardId-000000000002, "
            + "begins shardId-000000000003, ended shardId-000000000000]";
        System.out.println("records " + records + ", seen " + seen.size() + ", out of order " + outOfOrder);
        System.out.println(happened + ", leases at their shard's end: " + ends);
        boolean holds = seen.size() == records && outOfOrder.get() == 0 && happened.equals(expected)
            && ends.toString().equals("[shardId-000000000000]");
        System.exit(holds ? 0 : 1);
    }

    static Scheduler scheduler(
        String name, String how, KinesisAsyncClient kinesis, DynamoDbAsyncClient dynamo, CloudWatchAsyncClient cloudwatch) {
        String application = name + "-app";
        var builder =
            new ConfigsBuilder(name, application, kinesis, dynamo, cloudwatch, UUID.randomUUID().toString(), Processor::new);
        RetrievalSpecificConfig way = how.equals("fanout")
            ? new FanOutConfig(kinesis).streamName(name).applicationName(application)
            : new PollingConfig(name, kinesis);
        var start = InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);
        var retrieval = builder.retrievalConfig().retrievalSpecificConfig(way).streamTracker(new SingleStreamTracker(name, start));
        return new Scheduler(
            builder.checkpointConfig(),
            builder.coordinatorConfig().parentShardPollIntervalMillis(500).shardConsumerDispatchPollIntervalMillis(200),
            builder.leaseManagementConfig().shardSyncIntervalMillis(2_000).failoverTimeMillis(5_000),
            builder.lifecycleConfig(),
            builder.metricsConfig(),
            builder.processorConfig(),
            retrieval);
    }

    static void put(KinesisAsyncClient kinesis, String name, int from, int to) throws Exception {
        for (int number = from; number < to;) {
            var batch = new ArrayList<PutRecordsRequestEntry>();
            for (; number < to && batch.size() < 100; number++) {
                var data = SdkBytes.fromUtf8String(Integer.toString(number));
                batch.add(PutRecordsRequestEntry.builder().partitionKey("key-" + number % KEYS).data(data).build());
            }
            int failed = kinesis.putRecords(r -> r.streamName(name).records(batch)).get().failedRecordCount();
            if (failed > 0) {
                throw new IllegalStateException(failed + " records were refused");
            }
        }
    }

    static void split(KinesisAsyncClient kinesis, String name) throws Exception {
        String middle = "85070591730234615865843651857942052864"; // 2^126: of the lower of two shards
        kinesis.splitShard(r -> r.streamName(name).shardToSplit("shardId-000000000000").newStartingHashKey(middle)).get();
        kinesis.waiter().waitUntilStreamExists(r -> r.streamName(name)).get();
    }
}

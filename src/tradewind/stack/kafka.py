"""A Kafka server of one node without ZooKeeper (KRaft), from jars that Maven fetches once.

One node keeps one copy: what it acknowledged and the disk lost is published again from the journal (the outbox). For
more, run three nodes by the compose file and raise the replication.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import uuid
from pathlib import Path

from tradewind.errors import TradewindError
from tradewind.metrics.door import tell_target
from tradewind.monitoring import KAFKA_JMX
from tradewind.stack.processes import Running, answers, begin, free_ports

POM = Path(__file__).resolve().parent / "kafka.pom.xml"
HEAP_MB = 384
MAIN = "kafka.Kafka"


def kafka_jars(cache: Path | None = None) -> Path:
    """Return the folder of the jars, fetched now if they are not there; TradewindError without Java or Maven."""
    root = cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tradewind" / "kafka"
    # Other jars, another folder: what an older version fetched is not taken for them.
    jars = root / f"jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:8]}"
    if jars.is_dir():
        return jars
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise TradewindError(f"Kafka needs {program}, which is not installed.", "apt install default-jre maven")
    fetched = root / f"fetched-{os.getpid()}"
    fetched.mkdir(parents=True)
    shutil.copy(POM, fetched / "pom.xml")
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars", "-DincludeScope=runtime"]
    done = subprocess.run(command, cwd=fetched, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise TradewindError(f"Maven did not fetch Kafka: {(done.stdout + done.stderr).strip()[-300:]}", "Try again.")
    if not jars.is_dir():
        (fetched / "jars").rename(jars)
    shutil.rmtree(fetched, ignore_errors=True)
    return jars


def start_kafka(
    folder: Path, port: int, controller_port: int, *, cache: Path | None = None, told: Path | None = None
) -> Running:
    """Return a running server that keeps what it has in `folder`, formatted there the first time.

    With a data folder in `told` it tells figures there: an agent in its own process, at a free port of this machine.
    """
    jars = kafka_jars(cache)
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "server.properties"
    settings.write_text(_settings(folder, port, controller_port), encoding="utf-8")
    java = [shutil.which("java") or "java", f"-Xmx{HEAP_MB}m", "-XX:+UseSerialGC", "-cp", f"{jars}/*"]
    if not (folder / "data" / "meta.properties").is_file():
        cluster = cluster_id()
        command = [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
        if done.returncode:
            raise TradewindError(f"Kafka's folder was not made: {done.stderr.strip()[-300:]}", f"Look at {folder}.")
    address = f"127.0.0.1:{port}"
    agent = []
    if told is not None and (found := sorted(jars.glob("jmx_prometheus_javaagent-*.jar"))):
        (agent_port,) = free_ports(1)
        agent = [f"-javaagent:{found[-1]}=127.0.0.1:{agent_port}:{KAFKA_JMX}"]
        tell_target(told, "kafka", f"127.0.0.1:{agent_port}", {"component": "kafka"})
    return begin("kafka", [java[0], *agent, *java[1:], MAIN, settings], folder, address, ready=lambda: _ready(address))


def cluster_id() -> str:
    """Return a new name for a cluster: 16 random bytes in base64, never one that would be read as an option."""
    while (name := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return name


def _ready(address: str) -> bool:
    """Whether the server tells its topics."""
    if not answers(int(address.rpartition(":")[2])):
        return False
    from confluent_kafka import KafkaException  # noqa: PLC0415 - only who starts one needs the client
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - the same

    client = AdminClient({"bootstrap.servers": address, "log_level": 0, "socket.timeout.ms": 2000})
    try:
        return bool(client.list_topics(timeout=1.0).brokers)
    except KafkaException:
        return False


def _settings(folder: Path, port: int, controller: int) -> str:
    """Return the server's settings: nothing is made by itself, nothing acknowledged is given up for availability."""
    told = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"BROKER://127.0.0.1:{port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": folder / "data",
        "auto.create.topics.enable": "false",
        "unclean.leader.election.enable": "false",
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "log.cleaner.dedupe.buffer.size": 16_777_216,
    }
    return "".join(f"{name}={value}\n" for name, value in told.items())

"""Which services hear which message: the map from which every process declares every queue.

A process that starts first must not publish into queues that do not exist yet. A test compares this table
with the handlers of the services.
"""

from collections.abc import Mapping
from types import MappingProxyType

from radquarry import messages as m

LISTENERS: Mapping[type[m.Message], tuple[str, ...]] = MappingProxyType(
    {
        m.CrawlRequested: ("finder", "ris-fetcher", "api"),
        m.CrawlPlanned: ("api",),
        m.FindWindow: ("finder",),
        m.RowsListed: ("finder", "api"),
        m.FindRows: ("finder",),
        m.FindQueries: ("finder",),
        m.CancelCrawl: ("finder",),
        m.ResumeCrawl: ("finder",),
        m.CrawlResumed: ("api",),
        m.WindowClosed: ("api",),
        m.PortionClosed: ("api",),
        m.CrawlCompleted: ("api",),
        m.StudyFound: ("ris-fetcher", "indexer", "api"),
        m.StudyChanged: ("mover", "indexer", "api"),
        m.ReportFetched: ("indexer", "api"),
        m.ReportMissing: ("indexer", "api"),
        m.DocumentIndexed: ("api",),
        m.EchoPacs: ("finder",),
        m.PacsEchoed: ("api",),
        m.StopPacs: ("finder",),
        m.StartPacs: ("finder",),
        m.ProbePacs: ("finder",),
        m.PacsProbed: ("api",),
        m.PacsContradicted: ("api",),
        m.LimitPacs: ("finder",),
        m.PacsLimited: ("api",),
        m.PacsTraffic: ("api",),
        m.PacsStopped: ("api",),
        m.PacsStarted: ("api",),
        m.RetrievalRequested: ("mover", "api"),
        m.EstimateRetrieval: ("mover",),
        m.RetrievalEstimated: ("api",),
        m.MeasureArchive: ("mover",),
        m.ArchiveMeasured: ("api",),
        m.PauseRetrieval: ("mover",),
        m.ResumeRetrieval: ("mover",),
        m.CancelRetrieval: ("mover",),
        m.RetryStudies: ("mover",),
        m.TellRetrieval: ("mover",),
        m.GiveUpStudies: ("mover",),
        m.InstancesStored: ("mover",),
        m.RetrievalProgressed: ("exporter", "api"),
        m.RetrievalCompleted: ("exporter", "api"),
        m.RemoveInstances: ("storescp",),
        m.InstancesRemoved: ("mover", "api"),
        m.MeasureQuarantine: ("storescp",),
        m.QuarantineMeasured: ("api",),
        m.DeliveryRequested: ("exporter", "mover", "api"),
        m.CancelDelivery: ("exporter",),
        m.RetryDelivery: ("exporter",),
        m.DeliveryProgressed: ("mover", "api"),
        m.DeliveryWaits: ("api",),
        m.DeliveryCompleted: ("mover", "api"),
        m.DeidentifyFiles: ("exporter",),
        m.PreviewFiles: ("exporter",),
        m.ConvertFiles: ("exporter",),
        m.CancelFiles: ("exporter",),
        m.FilesProgressed: ("api",),
        m.ResolvePseudonyms: ("exporter",),
        m.PseudonymsResolved: ("api",),
    }
)
"""Message type → names of the services that answer or hear it, one durable queue each."""

"""What an order says of a study that the index knows."""

from radquarry.api.retrieval_views import RetrievalOrder
from radquarry.index.document import Document
from radquarry.messages import ListedSeries, SeriesChoice, WantedStudy


def wanted_study(document: Document, order: RetrievalOrder) -> WantedStudy:
    """With its series, where all are wanted and the index knows how many instances each of them has."""
    study, only = document.study, order.instances.get(document.study_instance_uid, ())
    series: tuple[ListedSeries, ...] = ()
    if study and not only and order.series == SeriesChoice():
        series = tuple(
            ListedSeries(
                series_instance_uid=each.series_instance_uid,
                modality=each.modality,
                number_of_series_related_instances=each.number_of_series_related_instances,
            )
            for each in study.series
            if each.number_of_series_related_instances
        )
        if len(series) != max(len(study.series), study.number_of_study_related_series or 0):
            series = ()
    return WantedStudy(
        study_instance_uid=document.study_instance_uid, pacs=document.pacs, sop_instance_uids=only, series=series
    )

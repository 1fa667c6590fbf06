"""What may stay although the table does not speak of it: how an image was made, and its values.

The standard has some three hundred more texts, from the owner of a disk to a date of birth in
another calendar. A text or a stream of bytes that is not named here becomes a dummy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

TEXTS = frozenset(
    {
        # Who built what took the image.
        *("Manufacturer", "ManufacturerModelName", "ManufacturerRelatedModelGroup"),
        *("ManufacturerModelVersion", "SoftwareVersions", "DetectorManufacturerName"),
        *("DetectorManufacturerModelName", "ReceiveCoilManufacturerName"),
        *("TransmitCoilManufacturerName", "SecondaryCaptureDeviceManufacturer"),
        *("SecondaryCaptureDeviceManufacturerModelName", "SecondaryCaptureDeviceSoftwareVersions"),
        *("ApplicationName", "ApplicationVersion", "ApplicationManufacturer"),
        *("AlgorithmName", "AlgorithmVersion", "AlgorithmSource", "SegmentAlgorithmName"),
        # Codes and what they mean.
        *("CodeValue", "CodeMeaning", "CodingSchemeDesignator", "CodingSchemeVersion"),
        *("CodingSchemeRegistry", "MappingResourceName"),
        # How it was taken.
        *("ViewName", "SequenceName", "PulseSequenceName", "ImagedNucleus", "ReceiveCoilName"),
        *("TransmitCoilName", "MultiCoilElementName", "MultiCoilConfiguration", "StackID"),
        *("PaddleDescription", "DoseModeName", "CollimatorGridName", "FilterType", "TypeOfFilters"),
        *("PlateType", "PhosphorType", "AcquisitionDeviceProcessingCode", "OutputPower"),
        *("ProcessingFunction", "TransducerData", "FieldOfViewDescription", "AcquisitionMode"),
        *("ContrastBolusRoute", "Radionuclide", "Radiopharmaceutical", "RadiopharmaceuticalRoute"),
        *("TriggerSourceOrType", "CardiacFramingType", "PVCRejection", "EnergyWindowName"),
        *("PositionReferenceIndicator", "DetectorLinesOfResponseUsed"),
        # How its values came about and are to be shown.
        *("ConvolutionKernel", "ImageFilter", "ReconstructionMethod", "ScatterCorrectionMethod"),
        *("AttenuationCorrectionMethod", "RescaleType", "ModalityLUTType", "LUTExplanation"),
        *("WindowCenterWidthExplanation", "DimensionDescriptionLabel"),
    }
)
BYTES = frozenset(
    {
        *("PixelData", "FloatPixelData", "DoubleFloatPixelData", "ExtendedOffsetTable"),
        *("ExtendedOffsetTableLengths", "ICCProfile", "LUTData", "GrayLookupTableData"),
        *("BlendingLookupTableData", "CoefficientsSDVN", "CoefficientsSDHN", "CoefficientsSDDN"),
        *(
            f"{kind}{colour}PaletteColorLookupTableData"
            for kind in ("", "Large", "Segmented")
            for colour in ("Red", "Green", "Blue", "Alpha")
        ),
        *("WaveformData", "ChannelMinimumValue", "ChannelMaximumValue", "WaveformPaddingValue"),
        *("SpectroscopyData", "FirstOrderPhaseCorrectionAngle"),
    }
)
# Wider than the standard's code strings, as devices are; no letters but Latin ones.
_CODE = re.compile(r"[A-Za-z0-9 _.+/*-]{0,16}")


def is_code(value: str | Iterable[str] | None) -> bool:
    """Return whether a code string looks like one, each of them when there are several."""
    several = [value] if isinstance(value, str) else value or ()
    return all(_CODE.fullmatch(one) for one in several)

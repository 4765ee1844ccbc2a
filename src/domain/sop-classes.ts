import type { SopClassUid } from './uids.js';

const sop = (suffix: string): SopClassUid => `1.2.840.10008.5.1.4.1.1.${suffix}` as SopClassUid;

/** Storage SOP classes that this product names (PS3.4 annex B.5). */
export const SOP_CLASS = {
  CTImage: sop('2'),
  EnhancedCTImage: sop('2.1'),
  LegacyConvertedEnhancedCTImage: sop('2.2'),
  PositronEmissionTomographyImage: sop('128'),
  Segmentation: sop('66.4'),
  LabelMapSegmentation: sop('66.7'),
  BasicTextSR: sop('88.11'),
  EnhancedSR: sop('88.22'),
  ComprehensiveSR: sop('88.33'),
  Comprehensive3DSR: sop('88.34'),
  ExtensibleSR: sop('88.35'),
  ProcedureLog: sop('88.40'),
  MammographyCADSR: sop('88.50'),
  KeyObjectSelection: sop('88.59'),
  ChestCADSR: sop('88.65'),
  XRayRadiationDoseSR: sop('88.67'),
  RadiopharmaceuticalRadiationDoseSR: sop('88.68'),
  ColonCADSR: sop('88.69'),
  ImplantationPlanSR: sop('88.70'),
  AcquisitionContextSR: sop('88.71'),
  SimplifiedAdultEchoSR: sop('88.72'),
  PatientRadiationDoseSR: sop('88.73'),
  PlannedImagingAgentAdministrationSR: sop('88.74'),
  PerformedImagingAgentAdministrationSR: sop('88.75'),
  EnhancedXRayRadiationDoseSR: sop('88.76'),
  SpectaclePrescriptionReport: sop('78.6'),
  MacularGridThicknessReport: sop('79.1'),
  GrayscaleSoftcopyPresentationState: sop('11.1'),
} as const;

/** Classes of structured reports whose content tree may hold lesion marks. */
export const REPORT_CLASSES: ReadonlySet<SopClassUid> = new Set([
  SOP_CLASS.BasicTextSR,
  SOP_CLASS.EnhancedSR,
  SOP_CLASS.ComprehensiveSR,
  SOP_CLASS.Comprehensive3DSR,
  SOP_CLASS.ExtensibleSR,
  SOP_CLASS.ChestCADSR,
]);

export const CT_CLASSES: ReadonlySet<SopClassUid> = new Set([
  SOP_CLASS.CTImage,
  SOP_CLASS.EnhancedCTImage,
  SOP_CLASS.LegacyConvertedEnhancedCTImage,
]);

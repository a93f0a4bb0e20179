// The configuration of OHIF: our own DICOMweb, nobody else's, and nothing that is told to anybody.
window.PUBLIC_URL = "/viewer/files/";
window.browserImportFunction = (name) => import(name);
console.time("scriptToView"); // its first page begins this measure, and its script ends it
window.config = {
  name: "radquarry",
  routerBasename: "/viewer",
  extensions: [],
  modes: [],
  customizationService: [{ "ohif.tours": { $set: [] } }],
  showStudyList: false,
  maxNumberOfWebWorkers: 3,
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: true,
  showLoadingIndicator: true,
  strictZSpacingForVolumeViewport: true,
  investigationalUseDialog: { option: "configure", days: 90 },
  whiteLabeling: {
    createLogoComponentFn: (React) => React.createElement("a", { href: "/", className: "text-primary px-2" }, "radquarry"),
  },
  showErrorDetails: "production",
  maxNumRequests: { interaction: 20, thumbnail: 5, prefetch: 10 },
  defaultDataSourceName: "radquarry",
  dataSources: [
    {
      namespace: "@ohif/extension-default.dataSourcesModule.dicomweb",
      sourceName: "radquarry",
      configuration: {
        friendlyName: "radquarry",
        name: "radquarry",
        qidoRoot: "/dicom-web",
        wadoRoot: "/dicom-web",
        qidoSupportsIncludeField: true,
        imageRendering: "wadors",
        thumbnailRendering: "thumbnail",
        thumbnailRequestStrategy: "fetch",
        enableStudyLazyLoad: true,
        supportsFuzzyMatching: false,
        supportsWildcard: true,
        singlepart: "bulkdata,pdf",
        bulkDataURI: { enabled: true },
        acceptHeader: ["multipart/related; type=application/octet-stream; transfer-syntax=*"],
      },
    },
  ],
};

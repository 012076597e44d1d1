export { csvLogger } from "./csv-logger.js";
export { htmlReport } from "./html-report.js";
export { jsonLinesLogger } from "./json-lines-logger.js";
export { type ProgressStream, progressLine } from "./progress-line.js";
export { tensorBoardLogger } from "./tensor-board-logger.js";

/** The addresses of pictures: of an upload there are files of several widths. */

const UPLOAD = /^(\/media\/[0-9a-f]{32}\/)\w+\.\w+$/;

/** The file of an upload that a browser's tab shows; else the address as it is. */
export const icon = (address) => address.replace(UPLOAD, "$1icon.png");

const LARGE_PX = 800;

/** The file of an upload that is at most so wide (320, 640 or 1280); else the address as it is. */
export const sized = (address, width) => address.replace(UPLOAD, `$1${width}.webp`);

/** The file of an upload that fills this screen; else the address as it is. */
export const screenSized = (address) =>
  sized(address, innerWidth * devicePixelRatio > LARGE_PX ? 1280 : 640);

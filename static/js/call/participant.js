import { RoomPage } from "./room-page.js";

new RoomPage().open();

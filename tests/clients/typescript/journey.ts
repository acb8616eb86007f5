/**
 * A merchant's program by the types of the served document: `journey.js URL TOKEN plan` plans a
 * show and starts it, `journey.js URL TOKEN ship ORDER` ships an order. What it found is a line of JSON.
 */

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const [url, token, step, orderId = ""] = process.argv.slice(2);
const client = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${token}` },
});

/** Return what was answered, or end with why it was refused. */
function told<Data>({ data, error }: { data?: Data; error?: components["schemas"]["Problem"] }) {
  if (data === undefined) throw new Error(`${error?.code}: ${error?.message}`);
  return data;
}

async function plan() {
  const variants = [{ sku: "MUG-R", label: "Red", price: 1890, stock: 20 }];
  told(await client.POST("/api/products", {
    body: { product_id: "mug", title: "Mug", variants },
  }));
  const { id } = told(await client.POST("/api/sessions", {
    body: { title: "Autumn drop" },
    params: { header: { "Idempotency-Key": "journey" } },
  }));
  const at = { params: { path: { session_id: id } } };
  const units = { "MUG-R": 5 };
  told(await client.POST("/api/sessions/{session_id}/commands", {
    ...at, body: { type: "product.add", product_id: "mug", units },
  }));
  const { events } = told(await client.POST("/api/sessions/{session_id}/commands", {
    ...at, body: { type: "session.start" },
  }));
  const session = told(await client.GET("/api/sessions/{session_id}", at));
  return { id, status: session.status, events: events.length };
}

async function ship() {
  const at = { params: { path: { order_id: orderId } } };
  const order = told(await client.GET("/api/orders/{order_id}", at));
  const { tracking_url } = told(await client.PUT("/api/orders/{order_id}/fulfilment", {
    ...at, body: { carrier: "UPS", tracking: "1Z999" },
  }));
  const missing = await client.GET("/api/orders/{order_id}", {
    params: { path: { order_id: "00000000-0000-4000-8000-000000000000" } },
  });
  const skus = order.lines.map(({ sku }) => sku);
  return { status: order.status, skus, tracking_url, missing: missing.error?.code };
}

console.log(JSON.stringify(await (step === "plan" ? plan() : ship())));

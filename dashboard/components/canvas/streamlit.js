// The few messages that Streamlit exchanges with a component in a frame.

function send(type, data) {
  window.parent.postMessage({ isStreamlitMessage: true, type, ...data }, "*");
}

export function ready(render) {
  window.addEventListener("message", (message) => {
    if (message.source === window.parent && message.data.type === "streamlit:render") {
      render(message.data.args, message.data.theme);
    }
  });
  send("streamlit:componentReady", { apiVersion: 1 });
}

export function setValue(value) {
  send("streamlit:setComponentValue", { value, dataType: "json" });
}

export function setHeight(height) {
  send("streamlit:setFrameHeight", { height });
}

using System.Text.Json.Nodes;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary><c>vitrine devices</c>: where tensors can live.</summary>
internal static class DevicesCommand
{
    public static Verb Create(Terminal terminal)
    {
        var json = new JsonOption();
        return new Verb("devices", "Lists the devices of this machine; the name goes after --device.", "vitrine devices")
            .With(json.Option)
            .Does((parsed, _) =>
            {
                json.Probe(parsed, terminal);
                json.Write(
                    parsed, terminal,
                    () => JsonText.Of("vitrine.devices",
                        ("devices", new JsonArray([.. Device.All.Select(d =>
                            (JsonNode)new JsonObject { ["name"] = d.Name, ["description"] = d.Description, ["is_gpu"] = d.IsGpu })]))),
                    screen => Table.Write(screen, ["device", "what it is"], Device.All.Select(d => (string[])[d.Name, d.Description])));
            });
    }
}

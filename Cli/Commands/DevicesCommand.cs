using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary><c>vitrine devices</c>: where tensors can live.</summary>
internal static class DevicesCommand
{
    public static Verb Create(Terminal terminal) =>
        new Verb("devices", "Lists the devices of this machine; the name goes behind --device.", "vitrine devices")
            .Does((_, _) => Table.Write(terminal.Output, ["device", "what it is"], Device.All.Select(d => (string[])[d.Name, d.Description])));
}

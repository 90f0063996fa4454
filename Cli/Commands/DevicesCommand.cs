using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary><c>vitrine devices</c>: where tensors can live, and whether one computes rightly.</summary>
internal static class DevicesCommand
{
    public static Verb Create(Terminal terminal)
    {
        var json = new JsonOption();
        Option<string?> check = Declare.Value<string?>("--check", "name",
            "Compute everything on this device and on the CPU: ops, small models, then speed. Exit code 6 where a number is wrong.");
        return new Verb("devices", "Lists the devices of this machine; the name goes after --device.", """
            vitrine devices
            vitrine devices --check opencl:0
            """)
            .With(check, json.Option)
            .Does((parsed, cancellation) =>
            {
                json.Probe(parsed, terminal);
                if (parsed.GetValue(check) is not { } name)
                {
                    json.Write(parsed, terminal, ListJson, List);
                    return;
                }
                DeviceCheck found;
                using (ProgressLine progress = ProgressLine.Start("checking", terminal))
                {
                    found = DeviceCheck.Run(Device.Parse(name), progress, cancellation);
                }
                json.Write(parsed, terminal, () => CheckJson(found), screen => Write(found, screen));
                if (found.Faults.Count > 0)
                {
                    throw new CommandException(ExitCode.Device, $"devices: {found}. Use --device cpu, or another driver.");
                }
            });
    }

    private static void List(TextWriter screen) =>
        Table.Write(screen, ["device", "what it is"], Device.All.Select(d => (string[])[d.Name, d.Description]));

    private static string ListJson() => JsonText.Of("vitrine.devices", ("devices", new JsonArray([.. Device.All.Select(d =>
        (JsonNode)new JsonObject { ["name"] = d.Name, ["description"] = d.Description, ["is_gpu"] = d.IsGpu })])));

    private static void Write(DeviceCheck check, TextWriter screen)
    {
        screen.WriteLine($"{check.Device}: {check.Description}{(check.HasTensorCores ? ", products on tensor cores" : "")}\n");
        Table.Write(screen, ["op", ">cases", ">error", "kernels"], check.Ops.Select(op => (string[])[
            op.Op, op.Cases.ToString(CultureInfo.InvariantCulture), Part(op.Error), op.Fault ?? string.Join(", ", op.Kernels)]));
        if (check.Models.Count > 0)
        {
            screen.WriteLine();
            Table.Write(screen, ["model", ">difference", ""], check.Models.Select(m => (string[])[
                m.Model, m.Error.ToString("E1", CultureInfo.InvariantCulture), m.Fault ?? ""]));
        }
        if (check.Speeds.Count > 0)
        {
            screen.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"\ncopy {check.CopyPeak:F1} GB/s, fused multiply–add {check.ArithmeticPeak:F0} GFLOP/s"));
            Table.Write(screen, ["op", "call", ">ms", ">GB/s", ">GFLOP/s", ">of peak", "binds"], check.Speeds.Select(s => (string[])[
                s.Op, s.Call, Number(s.Milliseconds, "F3"), Number(s.GigabytesPerSecond, "F1"), Number(s.GigaflopsPerSecond, "F1"),
                Number(s.Share, "P1"), s.Binds]));
        }
        screen.WriteLine($"\n{check}");
    }

    private static string CheckJson(DeviceCheck check) => JsonText.Of("vitrine.device_check",
        ("device", check.Device), ("description", check.Description), ("tensor_cores", check.HasTensorCores),
        ("right", check.Faults.Count == 0),
        ("ops", new JsonArray([.. check.Ops.Select(op => (JsonNode)new JsonObject
        {
            ["op"] = op.Op, ["cases"] = op.Cases, ["error"] = Finite(op.Error), ["kernels"] = JsonText.Texts(op.Kernels),
            ["fault"] = op.Fault,
        })])),
        ("models", new JsonArray([.. check.Models.Select(m => (JsonNode)new JsonObject
        {
            ["model"] = m.Model, ["difference"] = Finite(m.Error), ["fault"] = m.Fault,
        })])),
        ("copy_gigabytes_per_second", check.CopyPeak), ("gigaflops_per_second", check.ArithmeticPeak),
        ("speeds", new JsonArray([.. check.Speeds.Select(s => (JsonNode)new JsonObject
        {
            ["op"] = s.Op, ["call"] = s.Call, ["milliseconds"] = s.Milliseconds, ["gigabytes_per_second"] = s.GigabytesPerSecond,
            ["gigaflops_per_second"] = s.GigaflopsPerSecond, ["of_peak"] = s.Share, ["binds"] = s.Binds,
        })])));

    private static JsonNode? Finite(double value) => double.IsFinite(value) ? value : null;

    private static string Part(double error) => double.IsFinite(error) ? Number(error, "P1") : "∞";

    private static string Number(double value, string form) => value.ToString(form, CultureInfo.InvariantCulture);
}

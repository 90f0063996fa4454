using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Support;

/// <summary>
/// The devices that theories run on. An absent one skips the test, with the reason; PoCL or oclgrind make the second one anywhere.
/// </summary>
public static class TestDevices
{
    /// <summary>
    /// Their names: the CPU's own backend, and the device that <c>VITRINE_TEST_DEVICE</c> names (<c>opencl:1</c>, <c>cuda:0</c>), by
    /// default <c>opencl:0</c>.
    /// </summary>
    public static IReadOnlyList<string> Names { get; } = ["cpu", Environment.GetEnvironmentVariable("VITRINE_TEST_DEVICE") ?? "opencl:0"];

    /// <summary>Those that are not the CPU's own backend.</summary>
    public static TheoryData<string> Gpus => [.. Names.Skip(1)];

    /// <summary>Every row on every device: the row's name, the device's.</summary>
    public static TheoryData<string, string> With(IEnumerable<string> rows)
    {
        var data = new TheoryData<string, string>();
        foreach (string row in rows)
        {
            foreach (string device in Names)
            {
                data.Add(row, device);
            }
        }
        return data;
    }

    /// <summary>Makes a device the ambient one for the rest of the test.</summary>
    public static Device.Scope Use(string name)
    {
        Assert.SkipUnless(Device.All.Any(d => d.Name == name),
            $"no device {name} on this machine; {string.Join(", ", Device.All.Select(d => d.Name))}");
        return Device.Use(Device.Parse(name));
    }
}

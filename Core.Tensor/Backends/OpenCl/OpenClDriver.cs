using System.Globalization;
using System.Text;

namespace Vitrine.Tensors;

/// <summary>Finds the OpenCL devices of this machine: GPUs first, then what else there is (PoCL runs kernels on the CPU).</summary>
internal static unsafe class OpenClDriver
{
    /// <summary>The devices, named <c>opencl:0</c>, <c>opencl:1</c>, …; none without a driver.</summary>
    public static IReadOnlyList<Device> Devices()
    {
        if (!DriverLibraries.IsPresent(DriverLibraries.OpenCl))
        {
            return [];
        }
        return [.. Found().OrderBy(d => d.IsGpu ? 0 : 1).Select((d, i) =>
        {
            string name = $"opencl:{i}";
            return new Device(name, () => new OpenClBackend(name, d.Platform, d.Handle), Describe(d.Handle), d.IsGpu);
        })];
    }

    /// <summary>Why there is no device, and what to do.</summary>
    public static string WhyNone() => DriverLibraries.IsPresent(DriverLibraries.OpenCl)
        ? "OpenCL is installed but lists no device: install the graphics driver's OpenCL part (or pocl-opencl-icd, which runs on the CPU)."
        : $"There is no OpenCL driver ({DriverLibraries.FileOf(DriverLibraries.OpenCl)}): install the graphics driver.";

    /// <summary>A number that the device states about itself.</summary>
    public static ulong Number(nint device, uint name)
    {
        ulong value = 0;
        _ = OpenClNative.GetDeviceInfo(device, name, sizeof(ulong), &value, out _);
        return value;
    }

    /// <summary>A text that the device states about itself.</summary>
    public static string Text(nint device, uint name)
    {
        const int Most = 8192; // extensions are many
        byte* text = stackalloc byte[Most];
        return OpenClNative.GetDeviceInfo(device, name, Most, text, out nuint length) == 0 && length > 0
            ? Encoding.UTF8.GetString(text, (int)length).TrimEnd('\0').Trim()
            : "";
    }

    private static List<(nint Platform, nint Handle, bool IsGpu)> Found()
    {
        var found = new List<(nint, nint, bool)>();
        nint* platforms = stackalloc nint[16];
        nint* devices = stackalloc nint[32];
        if (OpenClNative.GetPlatformIds(16, platforms, out uint count) != 0)
        {
            return found; // the loader is there but it finds no driver
        }
        for (int p = 0; p < Math.Min(16, count); p++)
        {
            if (OpenClNative.GetDeviceIds(platforms[p], OpenClNative.DeviceTypeAll, 32, devices, out uint here) != 0)
            {
                continue;
            }
            for (int d = 0; d < Math.Min(32, here); d++)
            {
                found.Add((platforms[p], devices[d], (Number(devices[d], OpenClNative.DeviceType) & OpenClNative.DeviceTypeGpu) != 0));
            }
        }
        return found;
    }

    private static string Describe(nint device) => string.Create(CultureInfo.InvariantCulture,
        $"{Text(device, OpenClNative.DeviceName)}, {Number(device, OpenClNative.MaxComputeUnits)} compute units, "
        + $"{Number(device, OpenClNative.GlobalMemSize) / 1073741824.0:0.#} GB, {Text(device, OpenClNative.DeviceVersion)}, "
        + $"driver {Text(device, OpenClNative.DriverVersion)}");
}

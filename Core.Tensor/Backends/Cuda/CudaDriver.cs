using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Vitrine.Tensors;

/// <summary>Finds the CUDA devices of this machine. Machines without one, or without the driver, simply have none.</summary>
internal static unsafe class CudaDriver
{
    /// <summary>The devices, named <c>cuda:0</c>, <c>cuda:1</c>, ….</summary>
    public static IReadOnlyList<Device> Devices()
    {
        if (!DriverLibraries.IsPresent(DriverLibraries.Cuda) || CudaNative.Init(0) != 0 || CudaNative.DeviceCount(out int count) != 0)
        {
            return []; // without a device cuInit itself says so (100)
        }
        var devices = new List<Device>();
        for (int ordinal = 0; ordinal < count; ordinal++)
        {
            if (CudaNative.GetDevice(out int device, ordinal) == 0)
            {
                string name = $"cuda:{ordinal}";
                devices.Add(new Device(name, () => new CudaBackend(name, device), Describe(device), isGpu: true));
            }
        }
        return devices;
    }

    /// <summary>Why there is no device, and what to do.</summary>
    public static string WhyNone() => DriverLibraries.IsPresent(DriverLibraries.Cuda)
        ? $"The CUDA driver is installed but finds no device ({ErrorName(CudaNative.Init(0))})."
        : $"There is no CUDA driver ({DriverLibraries.FileOf(DriverLibraries.Cuda)}): install NVIDIA's graphics driver.";

    /// <summary>What the driver calls a status, and what it says about it.</summary>
    public static string ErrorName(int status) =>
        CudaNative.ErrorName(status, out nint name) == 0 && CudaNative.ErrorText(status, out nint text) == 0
            ? $"{Marshal.PtrToStringUTF8(name)}: {Marshal.PtrToStringUTF8(text)}"
            : $"CUDA error {status}";

    /// <summary>Bytes of a device's memory.</summary>
    public static long Memory(int device) => CudaNative.DeviceMemory(out nuint bytes, device) == 0 ? (long)bytes : 0;

    /// <summary>Major and minor version of what a device can do, as one number: 75 for 7.5.</summary>
    public static int Capability(int device) =>
        (10 * Attribute(device, CudaNative.CapabilityMajor)) + Attribute(device, CudaNative.CapabilityMinor);

    private static int Attribute(int device, int attribute) =>
        CudaNative.DeviceAttribute(out int value, attribute, device) == 0 ? value : 0;

    private static string Describe(int device)
    {
        byte* name = stackalloc byte[256];
        string text = CudaNative.DeviceName(name, 256, device) == 0
            ? Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)) : "?";
        _ = CudaNative.DriverVersion(out int version);
        return string.Create(CultureInfo.InvariantCulture,
            $"{text}, sm_{Capability(device)}, {Attribute(device, CudaNative.MultiprocessorCount)} multiprocessors, "
            + $"{Memory(device) / 1073741824.0:0.#} GB, CUDA driver {version / 1000}.{version % 1000 / 10}");
    }
}

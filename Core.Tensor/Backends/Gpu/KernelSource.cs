using System.Security.Cryptography;
using System.Text;

namespace Vitrine.Tensors;

/// <summary>The kernel sources inside this assembly: a language's prelude, what all kernels share, and an op's own file.</summary>
internal static class KernelSource
{
    /// <summary>The names of the op files, without <c>.kernel.c</c>.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. KernelTable.Gpu.Values.Select(kernel => kernel.Source).Where(source => source.Length > 0).Distinct()
            .Order(StringComparer.Ordinal)];

    /// <summary>What the OpenCL driver compiles. Lines of the compiler's log count from the top of the op's file.</summary>
    public static string OpenCl(string name) => OpenCl(name, Read(name + ".kernel.c"));

    /// <summary>The same of any text in kernel C.</summary>
    public static string OpenCl(string name, string text) =>
        $"{Read("opencl_prelude.h")}\n#line 1 \"kernel.h\"\n{Read("kernel.h")}\n#line 1 \"{name}.kernel.c\"\n{text}";

    /// <summary>The PTX that was compiled from a source; its first line ends in <see cref="CudaHash"/> unless it is stale.</summary>
    public static string Ptx(string name) => Read(name + ".ptx");

    /// <summary>The SHA-256 of what is compiled for CUDA: the three files one after the other.</summary>
    public static string CudaHash(string name) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            Read("cuda_prelude.h") + Read("kernel.h") + Read(name + ".kernel.c"))));

    private static string Read(string file)
    {
        using Stream stream = typeof(KernelSource).Assembly.GetManifestResourceStream(file)
            ?? throw new DeviceException($"kernels: no such source; got '{file}'; expected one that the assembly embeds.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

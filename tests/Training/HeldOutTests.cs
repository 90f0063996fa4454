using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

public sealed class HeldOutTests
{
    [Fact]
    public void Split_APartThatAnItemHashesTo_LeavesItToTraining()
    {
        double at = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("7\nword"))) / 4294967296.0;

        Assert.Equal(["word"], HeldOut.Split(["word"], word => word, at, 7).Training);
        Assert.Equal(["word"], HeldOut.Split(["word"], word => word, Math.BitIncrement(at), 7).Held);
        Assert.Empty(HeldOut.Split(["word"], word => word, 0, 7).Held);
        Assert.Empty(HeldOut.Split(["word"], word => word, 1, 7).Training);
    }
}

namespace LmmFunctional.Estimation

open LmmFunctional

/// <summary>The inverse of the numerator relationship matrix of a pedigree.</summary>
[<RequireQualifiedAccess>]
module internal HendersonInverse =

    /// <summary>A⁻¹ = Tᵀ D⁻¹ T, T = I − ½(sire) − ½(dam): a few elements for each animal.</summary>
    /// <remarks>Source: Henderson (1976), A simple method for computing the inverse of a numerator relationship matrix used in
    /// prediction of breeding values, with the Mendelian variances of inbred parents (Quaas 1976). A x takes O(n).</remarks>
    let create (pedigree: Pedigree) : SparsePrecision =
        let struct (inbreeding, variances) = Inbreeding.create pedigree
        let sires, dams = pedigree.SirePositions, pedigree.DamPositions
        let n = sires.Length
        let diagonal: float[] = Array.zeroCreate n
        let elements = ResizeArray<struct (int * int * float)>(3 * n)
        let add i value = diagonal[i] <- diagonal[i] + value

        for i in 0 .. n - 1 do
            let weight = 1.0 / variances[i]
            let sire, dam = sires[i], dams[i]
            add i weight

            for parent in [| sire; dam |] do
                if parent >= 0 then
                    elements.Add(struct (i, parent, -0.5 * weight))
                    add parent (0.25 * weight)

            if sire >= 0 && dam >= 0 then
                // Selfing: both mixed products fall on the diagonal.
                if sire = dam then
                    add sire (0.5 * weight)
                else
                    elements.Add(struct (sire, dam, 0.25 * weight))

        let solve (x: float[]) =
            for i in n - 1 .. -1 .. 0 do
                let half = 0.5 * x[i]

                if sires[i] >= 0 then
                    x[sires[i]] <- x[sires[i]] + half

                if dams[i] >= 0 then
                    x[dams[i]] <- x[dams[i]] + half

                x[i] <- variances[i] * x[i]

            for i in 0 .. n - 1 do
                if sires[i] >= 0 then
                    x[i] <- x[i] + 0.5 * x[sires[i]]

                if dams[i] >= 0 then
                    x[i] <- x[i] + 0.5 * x[dams[i]]

        let logDeterminant = -(variances |> Array.sumBy log)
        let own = inbreeding |> Array.map ((+) 1.0)
        SparsePrecision.create diagonal (elements.ToArray()) logDeterminant solve own

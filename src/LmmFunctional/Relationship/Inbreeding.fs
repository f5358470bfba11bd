namespace LmmFunctional.Estimation

open System.Collections.Generic
open System.Numerics
open LmmFunctional

/// <summary>Inbreeding coefficients and Mendelian sampling variances.</summary>
[<RequireQualifiedAccess>]
module internal Inbreeding =

    /// The relative variance of an animal given its parents, from their inbreeding coefficients.
    let private mendelian (inbreeding: float[]) sire dam =
        let share parent =
            if parent < 0 then
                0.25 // an unknown parent leaves its whole quarter to the offspring
            else
                -0.25 * inbreeding[parent]

        0.5 + share sire + share dam

    /// <summary>F of every animal and d, the variance of its Mendelian sampling, both relative to the additive variance.
    /// </summary>
    /// <remarks>Source: Meuwissen and Luo (1992), Computing inbreeding coefficients in large populations: the row of the
    /// Cholesky factor of A, ancestors from the youngest up. Full sibs share theirs, and only parents are numbered. The set
    /// of ancestors that are left is a bitmap, so that the youngest is found without a search. Memory O(n).</remarks>
    let create (pedigree: Pedigree) : struct (float[] * float[]) =
        let sires, dams = pedigree.SirePositions, pedigree.DamPositions
        let n = sires.Length
        let inbreeding: float[] = Array.zeroCreate n
        let variances: float[] = Array.zeroCreate n
        // Parents numbered among themselves, in order of age too.
        let isParent: bool[] = Array.zeroCreate n

        for i in 0 .. n - 1 do
            if sires[i] >= 0 then
                isParent[sires[i]] <- true

            if dams[i] >= 0 then
                isParent[dams[i]] <- true

        let parents = [|
            for i in 0 .. n - 1 do
                if isParent[i] then
                    i
        |]

        let rank = Array.create n -1
        parents |> Array.iteri (fun k i -> rank[i] <- k)

        let rankOf parent = if parent < 0 then -1 else rank[parent]

        let siresOf = parents |> Array.map (fun i -> rankOf sires[i])
        let damsOf = parents |> Array.map (fun i -> rankOf dams[i])
        let row: float[] = Array.zeroCreate parents.Length
        let waiting: uint64[] = Array.zeroCreate (parents.Length / 64 + 1)
        let variancesOf: float[] = Array.zeroCreate parents.Length
        let families = Dictionary<struct (int * int), float>()

        let await k share =
            if k >= 0 then
                row[k] <- row[k] + share
                waiting[k >>> 6] <- waiting[k >>> 6] ||| (1UL <<< (k &&& 63))

        /// Σ over the ancestors of the squared row element times d, without the animal itself.
        let fromAncestors sire dam =
            await sire 0.5
            await dam 0.5
            let mutable sum = 0.0

            for word in (max sire dam) >>> 6 .. -1 .. 0 do
                while waiting[word] <> 0UL do
                    let bit = 63 - BitOperations.LeadingZeroCount waiting[word]
                    waiting[word] <- waiting[word] &&& ~~~(1UL <<< bit)
                    let k = (word <<< 6) + bit
                    let share = row[k]
                    row[k] <- 0.0
                    sum <- sum + share * share * variancesOf[k]
                    await siresOf[k] (0.5 * share)
                    await damsOf[k] (0.5 * share)

            sum

        for i in 0 .. n - 1 do
            let sire, dam = sires[i], dams[i]
            let own = mendelian inbreeding sire dam
            variances[i] <- own

            if rank[i] >= 0 then
                variancesOf[rank[i]] <- own

            if sire >= 0 && dam >= 0 then
                let key = struct (sire, dam)

                match families.TryGetValue key with
                | true, known -> inbreeding[i] <- known
                | false, _ ->
                    inbreeding[i] <- own + fromAncestors rank[sire] rank[dam] - 1.0
                    families[key] <- inbreeding[i]

        struct (inbreeding, variances)

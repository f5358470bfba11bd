namespace LmmFunctional.Tests

open System
open LmmFunctional

/// <summary>Random pedigrees, and A by the tabular method: the definition, element by element.</summary>
[<RequireQualifiedAccess>]
module RandomPedigree =

    /// Rows in any order: unknown parents, parents without a row, close inbreeding, selfing now and then.
    let rows (random: Random) animals =
        let founders = 2 + random.Next 3
        let name k = if k < 0 then "" else $"a{k}"

        let parent k =
            if random.Next 5 = 0 then
                -1
            else
                random.Next(max founders k)

        let rows = [|
            for k in founders .. founders + animals - 1 do
                let sire = parent k
                let dam = if random.Next 12 = 0 then sire else parent k
                name k, name sire, name dam
        |]

        random.Shuffle rows
        rows

    /// A, by the tabular method.
    let tabular (pedigree: Pedigree) =
        let n = pedigree.Count
        let a = Array2D.zeroCreate n n

        let element i j = if i < 0 || j < 0 then 0.0 else a[i, j]

        for i in 0 .. n - 1 do
            let sire, dam = pedigree.Sires[i], pedigree.Dams[i]

            for j in 0 .. i - 1 do
                a[i, j] <- 0.5 * (element j sire + element j dam)
                a[j, i] <- a[i, j]

            a[i, i] <- 1.0 + 0.5 * element sire dam

        a

    let make seed animals =
        match Pedigree.ofRows (rows (Random(seed: int)) animals) with
        | Ok pedigree -> pedigree
        | Error problems -> raise (InvalidOperationException(string (List.map LmmError.describe problems)))

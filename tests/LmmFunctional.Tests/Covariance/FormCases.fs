namespace LmmFunctional.Tests

open System
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Every structure on a few positions, and difference quotients of functions of jets.</summary>
[<RequireQualifiedAccess>]
module FormCases =

    let labels m = Array.init m (fun i -> $"v{i + 1}")

    /// Times 0, 1, 2.5 … for structures by value; scattered points where there are more coordinates.
    let internal line m = {
        Labels = labels m
        Coordinates = Array.init m (fun i -> [| float i + 0.5 * float (i * i % 3) |])
    }

    let internal plane m = {
        Labels = labels m
        Coordinates = Array.init m (fun i -> [| float (i * 7 % 5) + 0.1 * float i; float (i * 3 % 4) - 0.2 * float i |])
    }

    /// A structure of each name of the catalogue but those that are listed already.
    let unlisted (listed: Structure list) = [
        let names = listed |> List.map (StructureCatalogue.nameOf >> fst)

        for entry in StructureCatalogue.all do
            if not (List.contains entry.Name ("known" :: "kron" :: names)) then
                let arguments =
                    entry.Arguments |> List.map (fun name -> if name = "nu" then 1.5 else 1.0)

                match StructureCatalogue.make entry.Name arguments with
                | Ok structure -> structure
                | Error words -> invalidOp words
    ]

    let private spatial isAnisotropic correlation =
        Structure.Spatial(correlation, isAnisotropic)

    let private correlations = [
        SpatialCorrelation.Exponential
        SpatialCorrelation.Gaussian
        SpatialCorrelation.Power
        SpatialCorrelation.Matern(Some 0.5)
        SpatialCorrelation.Matern(Some 1.5)
        SpatialCorrelation.Matern(Some 2.5)
        SpatialCorrelation.Matern(Some 0.8)
        SpatialCorrelation.Matern None
    ]

    /// Structures by level or by order.
    let byLevel = [
        Structure.Identity
        Structure.Diagonal
        Structure.Unstructured
        Structure.CompoundSymmetry
        Structure.HeterogeneousCompoundSymmetry
        Structure.Autoregressive
        Structure.HeterogeneousAutoregressive
        Structure.AutoregressiveMovingAverage(1, 1)
        Structure.AutoregressiveMovingAverage(2, 1)
        Structure.AutoregressiveMovingAverage(0, 2)
        Structure.AutoregressiveMovingAverage(3, 0)
        Structure.Toeplitz None
        Structure.Toeplitz(Some 2)
        Structure.Toeplitz(Some 3)
        Structure.HeterogeneousToeplitz None
        Structure.HeterogeneousToeplitz(Some 3)
        Structure.AnteDependence
        Structure.FactorAnalytic 1
        Structure.FactorAnalytic 2
    ]

    let private bySpace = [
        Structure.ContinuousAutoregressive, line
        for correlation in correlations do
            spatial false correlation, plane
            spatial true correlation, plane
    ]

    // The spherical one has a kink, and all loadings zero is a matrix of rank less than full.
    let private apart = [
        Structure.ReducedRank 1
        spatial false SpatialCorrelation.Spherical
        spatial true SpatialCorrelation.Spherical
    ]

    /// What is in the catalogue and in no list here.
    let private others = byLevel @ List.map fst bySpace @ apart |> unlisted

    /// Forms with the number of their positions: all have full rank.
    let internal all: (string * CovarianceForm * int) list = [
        for structure in byLevel do
            $"%A{structure}", StructureForm.create structure (line 5), 5
        for structure in others do
            $"%A{structure}", StructureForm.create structure (plane 5), 5
        for structure, positions in bySpace do
            $"%A{structure}", StructureForm.create structure (positions 5), 5
        let exponential =
            StructureForm.create (spatial false SpatialCorrelation.Exponential) (plane 5)

        "nugget", Nugget.add exponential, 5

        let product =
            StructureForm.ofFactors (Structure.Kronecker(Structure.Unstructured, Structure.Autoregressive)) [
                line 2
                line 3
            ]

        "us x ar1", fst product, 6
        "us x ar1 with nugget", Nugget.add (fst product), 6
        let ar1 = StructureForm.create Structure.HeterogeneousAutoregressive (line 3)
        "arh1 per level", PerLevel.create [| "a"; "b" |] 3 ar1, 6
    ]

    /// Numbers within ±size, from a seed.
    let random (seed: int) count size =
        let random = Random seed
        Array.init count (fun _ -> size * (2.0 * random.NextDouble() - 1.0))

    let private moved (tau: float[]) k step =
        tau |> Array.mapi (fun i t -> if i = k then t + step else t)

    /// Checks first and second derivatives of every jet against central differences of values and of first derivatives.
    let internal differences what tolerance (tau: float[]) (f: Jet[] -> Jet[]) =
        let jets = f (Jet.variables tau)
        let step = 1e-5

        [
            for k in 0 .. tau.Length - 1 do
                let up = f (Jet.variables (moved tau k step))
                let down = f (Jet.variables (moved tau k -step))

                let quotient (g: Jet -> float) =
                    Array.map2 (fun u d -> (g u - g d) / (2.0 * step)) up down

                let compare what (expected: float[]) (actual: float[]) =
                    let size = expected |> Array.fold (fun largest v -> max largest (abs v)) 1.0
                    Law.nearAll what (tolerance * size) expected actual

                yield! compare $"{what} by {k}" (quotient _.Value) (jets |> Array.map (Jet.derivative k))

                for l in 0 .. tau.Length - 1 do
                    yield!
                        compare
                            $"{what} by {k}, {l}"
                            (quotient (Jet.derivative l))
                            (jets |> Array.map (Jet.secondDerivative k l))
        ]

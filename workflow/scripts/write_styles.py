"""Write the styles of a target's maps for QGIS and for other programs."""

from landshift.report.styles import (
    list_class_entries,
    list_susceptibility_entries,
    write_qml,
    write_sld,
)
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, susceptibility, susceptibility_qml, susceptibility_sld, classes_qml, classes_sld):
    ramp, codes = list_susceptibility_entries(susceptibility), list_class_entries()
    write_qml(susceptibility_qml, ramp, ramp=True)
    write_sld(susceptibility_sld, ramp, name="susceptibility", ramp=True)
    write_qml(classes_qml, codes, ramp=False)
    write_sld(classes_sld, codes, name="classes", ramp=False)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)

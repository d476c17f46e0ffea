"""What citizens complain of or propose (phản ánh, kiến nghị), kept until it is answered."""
